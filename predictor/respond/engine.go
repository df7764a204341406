package respond

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// engine starts runs and does their steps.
type engine struct {
	logPath, folder string
	logger          *slog.Logger
	metrics         *metrics
	now             func() time.Time

	mu      sync.Mutex
	config  *Config
	audit   *audit
	alone   *os.File // locks the folder of runs
	state   *state
	changed chan struct{} // is closed when a run may go on
	running sync.WaitGroup
}

// openEngine reads the audit file. Runs that had not ended continue with resume.
func openEngine(auditPath, folder, logPath string, config *Config, m *metrics, logger *slog.Logger, now func() time.Time) (*engine, error) {
	e := &engine{logPath: logPath, folder: folder, logger: logger, metrics: m, now: now, config: config, state: newState(), changed: make(chan struct{})}
	a, err := openAudit(auditPath, e.state.add)
	if err != nil {
		return nil, err
	}
	e.audit = a
	if e.alone, err = lockFolder(folder); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return e, nil
}

// lockFolder makes the folder of runs, and keeps other responders out: two that have it would both
// answer an alert, each by its own audit file.
func lockFolder(folder string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of runs: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(folder, ".lock"), os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- in the folder of the operator
	if err != nil {
		return nil, fmt.Errorf("lock the folder of runs: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("the folder of runs %s is in use by another process; run one responder for it", folder), lock.Close())
	}
	return lock, nil
}

// close waits for the steps that run, whose context has ended, and closes the audit file.
func (e *engine) close() error {
	e.running.Wait()
	return errors.Join(e.audit.close(), e.alone.Close())
}

// configure uses another configuration. A run goes on with the playbook as it is now.
func (e *engine) configure(c *Config) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.config = c
	e.wake()
}

// wake lets runs that wait look again. The lock is held.
func (e *engine) wake() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// record adds an entry. The lock is held.
func (e *engine) record(entry Entry) error {
	entry.Time = e.now()
	if err := e.audit.append(&entry); err != nil {
		e.metrics.auditFailures.Inc()
		e.logger.Error("the audit file cannot be written; nothing more is done", "err", err)
		return err
	}
	e.state.add(&entry)
	return nil
}

// resume continues the runs that have not ended.
func (e *engine) resume(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.state.order {
		if r.Ended.IsZero() {
			e.logger.Info("resuming a run", "run", r.ID, "playbook", r.Playbook, "model", r.Model, "step", r.next())
			e.start(ctx, r)
		}
	}
}

// receive takes the alerts of a notification. When it returns nil, all that follows from them is
// on the disk.
func (e *engine) receive(ctx context.Context, n *notification) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range n.Alerts {
		a := &n.Alerts[i]
		e.metrics.received.WithLabelValues(a.Status).Inc()
		if err := e.take(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// take starts a run for an alert, if one is due. The lock is held.
func (e *engine) take(ctx context.Context, a *Alert) error {
	known := e.state.byKey[a.key()]
	if a.Status == resolved && known == nil {
		return e.missed(a)
	}
	if a.Status == resolved {
		if known.Alert.Status == resolved {
			return nil
		}
		defer e.wake()
		return e.record(Entry{Event: eventResolved, Run: known.ID, Playbook: known.Playbook, Model: known.Model})
	}
	if known != nil || e.state.ignored[a.key()] == resolvedFirst {
		return nil
	}
	model := a.Labels["model"]
	p := e.config.playbook(a)
	if reason := e.objection(p, model); reason != "" {
		if p == nil || e.state.ignored[a.key()] == reason {
			return nil
		}
		e.logger.Info("an alert starts no run", "alert", a.Name(), "model", model, "reason", reason)
		return e.record(Entry{Event: eventIgnored, Playbook: p.Name, Model: model, Alert: a, Text: reason})
	}
	id := sha256.Sum256([]byte(a.key()))
	entry := Entry{
		Event: eventStarted, Run: hex.EncodeToString(id[:8]), Playbook: p.Name, PlaybookSum: p.sum(), DryRun: p.DryRun,
		Model: model, Version: a.Labels["version"], Alert: a,
	}
	if err := e.record(entry); err != nil {
		return err
	}
	e.logger.Info("starting a run", "run", entry.Run, "playbook", p.Name, "alert", a.Name(), "model", model, "dry_run", p.DryRun)
	e.start(ctx, e.state.runs[entry.Run])
	return nil
}

// resolvedFirst is why an alert starts no run when the notification that it fires comes late.
const resolvedFirst = "the alert was resolved before it started a run"

// missed notes that an alert for which there is a playbook was resolved without a run. The lock is
// held.
func (e *engine) missed(a *Alert) error {
	p := e.config.playbook(a)
	if p == nil || a.Labels["model"] == "" || e.state.ignored[a.key()] == resolvedFirst {
		return nil
	}
	return e.record(Entry{Event: eventIgnored, Playbook: p.Name, Model: a.Labels["model"], Alert: a, Text: resolvedFirst})
}

// objection says why an alert starts no run; "" if it does.
func (e *engine) objection(p *Playbook, model string) string {
	if p == nil {
		return "no playbook is for this alert"
	}
	if model == "" {
		return "the alert has no label model"
	}
	if r := e.state.active(model); r != nil {
		return fmt.Sprintf("run %s of playbook %s is going on for this model", r.ID, r.Playbook)
	}
	if until := e.state.lastEnded(model).Add(e.config.Cooldown); e.now().Before(until) {
		return fmt.Sprintf("the last run of this model ended less than %s ago (cooldown)", e.config.Cooldown)
	}
	return ""
}

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

var (
	errNoRun      = errors.New("there is no such run")
	errNotWaiting = errors.New("no step of this run waits for approval")
)

// decide approves or refuses the step of a run that waits.
func (e *engine) decide(id string, number int, approve bool, by, note string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.runs[id]
	switch {
	case r == nil:
		return fmt.Errorf("%w: %q", errNoRun, id)
	case !r.waits() || number != r.next():
		return fmt.Errorf("%w: run %s, step %d", errNotWaiting, id, number)
	}
	defer e.wake()
	entry := Entry{Event: eventApproved, Run: id, Playbook: r.Playbook, Model: r.Model, Step: number, Kind: r.Steps[len(r.Steps)-1].Kind, By: by, Text: note}
	if approve {
		return e.record(entry)
	}
	entry.Event = eventRefused
	return e.record(entry)
}
