package respond

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// start does the steps of a run in the background. The lock is held.
func (e *engine) start(ctx context.Context, r *run) {
	e.running.Go(func() {
		for e.sleep(ctx, e.advance(ctx, r)) {
		}
	})
}

// pause is when a run goes on: at once, at a time or after a change, or not at all.
type pause struct {
	over    bool
	until   time.Time
	changed <-chan struct{}
}

// auditRetry is how long a run waits after the audit file could not be written.
const auditRetry = 30 * time.Second

// sleep waits until a run goes on. It reports false when the run is over or ctx has ended.
func (e *engine) sleep(ctx context.Context, p pause) bool {
	if p.over {
		return false
	}
	timer := time.NewTimer(p.until.Sub(e.now()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.changed:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// advance does the next thing in a run.
func (e *engine) advance(ctx context.Context, r *run) pause {
	e.mu.Lock()
	p := e.config.named(r.Playbook)
	switch {
	case r.ending != "":
		defer e.mu.Unlock()
		return e.end(r, r.ending, r.endingText)
	case p == nil || p.sum() != r.playbookSum:
		defer e.mu.Unlock()
		return e.end(r, outcomeCancelled, "the playbook was changed or removed while the run was going on")
	case r.DryRun:
		defer e.mu.Unlock()
		return e.plan(r, p)
	case r.next() > len(p.Steps):
		defer e.mu.Unlock()
		return e.end(r, outcomeDone, "")
	}
	number := r.next()
	s := p.Steps[number-1]
	entry := Entry{Run: r.ID, Playbook: r.Playbook, Model: r.Model, Step: number, Kind: s.Kind}
	if s.Approve && !r.approved(number) {
		defer e.mu.Unlock()
		return e.wait(r, p, entry)
	}
	entry.Event = eventBegun
	job := e.job(r, number)
	err := e.record(entry)
	e.mu.Unlock()
	if err != nil {
		return e.later()
	}
	return e.do(ctx, r, s, entry, job)
}

// later is the pause after the audit file could not be written.
func (e *engine) later() pause { return pause{until: e.now().Add(auditRetry)} }

// plan ends a dry run with what its steps would do. The lock is held.
func (e *engine) plan(r *run, p *Playbook) pause {
	for i, s := range p.Steps {
		if i < len(r.Steps) {
			continue // it was planned before a kill
		}
		text := s.Step.Plan(e.job(r, i+1))
		if s.Approve {
			text = "after a person's approval: " + text
		}
		if err := e.record(Entry{Event: eventPlanned, Run: r.ID, Playbook: r.Playbook, Model: r.Model, Step: i + 1, Kind: s.Kind, Text: text}); err != nil {
			return e.later()
		}
	}
	return e.end(r, outcomePlanned, "a dry run: no step was done; set dry_run: false to have them done")
}

// wait has a run wait for approval. The lock is held.
func (e *engine) wait(r *run, p *Playbook, entry Entry) pause {
	step := r.step(entry.Step, entry.Kind)
	switch {
	case step.Event == eventRefused:
		return e.end(r, outcomeCancelled, "refused by "+step.By)
	case step.Event != eventWaiting:
		entry.Event = eventWaiting
		entry.Text = p.Steps[entry.Step-1].Step.Plan(e.job(r, entry.Step))
		if e.record(entry) != nil {
			return e.later()
		}
		e.logger.Warn("a step waits for approval", "run", r.ID, "playbook", r.Playbook, "model", r.Model, "step", entry.Step, "kind", entry.Kind)
		step = r.step(entry.Step, entry.Kind)
	case r.Alert.Status == resolved:
		return e.end(r, outcomeCancelled, "the alert was resolved before anybody approved")
	}
	until := step.At.Add(p.Within)
	if !e.now().Before(until) {
		return e.end(r, outcomeCancelled, fmt.Sprintf("nobody approved within %s", p.Within))
	}
	return pause{until: until, changed: e.changed}
}

// do does a step that has begun. What came of it is written even if that takes several attempts.
func (e *engine) do(ctx context.Context, r *run, s StepConfig, entry Entry, job *Job) pause {
	result, err := e.runStep(ctx, s, job)
	if ctx.Err() != nil {
		return pause{over: true} // the next process repeats the step
	}
	entry.Event, entry.Text, entry.Outcome = eventDone, cmp.Or(result.Stop, result.Text), ""
	switch {
	case result.Stop != "" && !s.Optional:
		entry.Outcome = outcomeStopped
	case result.Final:
		entry.Outcome = outcomeDone
	}
	if err == nil {
		entry.Evidence, err = json.Marshal(result.Evidence)
	}
	if err == nil && len(entry.Evidence) > maxEvidence {
		err = fmt.Errorf("the evidence has %d bytes; at most %d are kept", len(entry.Evidence), maxEvidence)
	}
	if err != nil {
		e.logger.Error("a step failed", "run", r.ID, "playbook", r.Playbook, "model", r.Model, "step", entry.Step, "kind", entry.Kind, "err", err)
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.end(r, outcomeFailed, fmt.Sprintf("step %d (%s): %v", entry.Step, entry.Kind, err))
	}
	for {
		e.mu.Lock()
		err := e.record(entry)
		e.mu.Unlock()
		if err == nil {
			break
		}
		if !e.sleep(ctx, e.later()) {
			return pause{over: true}
		}
	}
	return pause{until: e.now()}
}

// maxEvidence is the maximum size of a step's evidence as JSON, in bytes.
const maxEvidence = 1 << 20

// runStep runs a step, and returns a panic as an error.
func (e *engine) runStep(ctx context.Context, s StepConfig, job *Job) (result Result, err error) {
	ctx, stop := context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("it took longer than %s (timeout)", s.Timeout))
	defer stop()
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	if err := os.MkdirAll(job.Folder, 0o700); err != nil {
		return result, fmt.Errorf("make the folder of the run: %w", err)
	}
	result, err = s.Step.Run(ctx, job)
	if err != nil && ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return result, err
}

// job returns what a step may use. The lock is held.
func (e *engine) job(r *run, number int) *Job {
	return &Job{
		Run: r.ID, Key: fmt.Sprintf("%s-%d", r.ID, number), Playbook: r.Playbook, Model: r.Model, Version: r.Version, Alert: r.Alert,
		LogPath: e.logPath, Folder: filepath.Join(e.folder, r.ID), Before: append([]Done(nil), r.done...),
		Logger: e.logger.With("run", r.ID, "playbook", r.Playbook, "model", r.Model),
	}
}

// end ends a run. The lock is held.
func (e *engine) end(r *run, outcome, text string) pause {
	if e.record(Entry{Event: eventEnded, Run: r.ID, Playbook: r.Playbook, Model: r.Model, Outcome: outcome, Text: text}) != nil {
		return e.later()
	}
	e.metrics.runs.WithLabelValues(r.Playbook, outcome).Inc()
	e.logger.Info("a run has ended", "run", r.ID, "playbook", r.Playbook, "model", r.Model, "outcome", outcome, "text", text)
	return pause{over: true}
}
