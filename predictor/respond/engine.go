package respond

import (
	"context"
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
