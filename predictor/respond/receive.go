package respond

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

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
