package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/page"
	"github.com/drift-exporter/drift_exporter/collector/replay"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/exporter"
)

// historyFlags adds the flags that say what the pages show of the past. The returned
// function sets the options, once the flags are parsed, and returns how far back it goes.
func historyFlags(cmd flagged) func(*monitor.Options) (time.Duration, error) {
	step := durationFlag(cmd, "history.step", "Time between two points of the history that the pages show; 0: no history.", "5m")
	span := durationFlag(cmd, "history.duration", "How far the history of the pages goes back; it is read from the log again at a start.", "24h")
	return func(o *monitor.Options) (time.Duration, error) {
		switch {
		case *step == 0:
			return *span, nil
		case *step < drift.TickLength || *step%drift.TickLength != 0:
			return 0, fmt.Errorf("--history.step=%v: must be a multiple of %v, such as 5m, or 0 for no history", *step, drift.TickLength)
		case *span < *step:
			return 0, fmt.Errorf("--history.duration=%v: must be at least --history.step=%v", *span, *step)
		}
		o.Window.TrailStep, o.Window.TrailPoints = *step, int(*span / *step)
		return *span, nil
	}
}

// past returns how to look at a past time of the log that an exporter reads.
func past(watcher *monitor.Monitor, o *monitor.Options) func(context.Context, time.Time) (*snapshot.Snapshot, error) {
	lookback := max(o.Window.Lookback, int64(o.Window.Predictions))
	return func(ctx context.Context, at time.Time) (*snapshot.Snapshot, error) {
		if now := time.Now(); at.After(now) {
			return nil, fmt.Errorf("%w: %s is in the future", page.ErrTime, at.Format(time.RFC3339))
		}
		if strings.HasPrefix(o.Log, shippedTo) {
			return nil, fmt.Errorf("%w: an exporter of shipped predictions shows the present only", page.ErrTime)
		}
		s, err := replay.Moment(ctx, o.Log, lookback, at, watcher.Past)
		if errors.Is(err, replay.ErrOutside) {
			err = fmt.Errorf("%w: %w", page.ErrTime, err)
		}
		return s, err
	}
}

// pages are what the exporter serves to people, and how its landing page calls them.
func pages(o page.Options) map[string]exporter.Page {
	all := map[string]exporter.Page{}
	for path, handler := range page.Handlers(o) {
		all[path] = exporter.Page{Handler: handler}
	}
	drift := all["/drift"]
	drift.ForAlerts = true
	all["/drift"] = drift
	for path, called := range map[string][2]string{
		"/drift":        {"Drift", "what has drifted, since when, whether it hurts, and what to do"},
		"/api/v1/drift": {"JSON", "the same for programs"},
	} {
		p := all[path]
		p.Text, p.Description = called[0], called[1]
		all[path] = p
	}
	return all
}
