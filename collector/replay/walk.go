package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// idle is how long scrapes that are only needed for the output continue after the last row before
// a gap.
const idle = int64(24 * time.Hour)

// walk scrapes a past at one moment after the other. The moments are the multiples of a step
// since 1970 at which a scrape can differ from the one before.
type walk struct {
	past   *past
	source monitor.Source
	step   int64 // ns
	// shown is a second step, a multiple of the first. At its multiples, a scrape is wanted even
	// if nothing changed. 0 means at no time.
	shown int64
	age   int64 // --window.duration, ns
	visit func(*snapshot.Snapshot) error

	now  int64 // moment of the last scrape
	busy int64 // moment of the last scrape that brought rows
	// latest is the largest time of a prediction so far. It is sometimes after the moment, if the
	// clock was set back.
	latest int64
}

// run goes from the first row to the moment after which nothing can change any more. When ctx
// ends, it ends early without an error.
func (w *walk) run(ctx context.Context) error {
	first, ok, err := w.past.next(ctx)
	if err != nil || !ok {
		return ended(ctx, err)
	}
	w.now = after(first, w.step)
	w.busy = w.now
	for {
		s, err := w.scrape(ctx)
		if err != nil {
			return ended(ctx, err)
		}
		if err := w.visit(s); err != nil {
			return err
		}
		ok, err := w.move(ctx, s)
		if err != nil || !ok {
			return ended(ctx, err)
		}
	}
}

// ended ends a walk when its context ends.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return err
}

// scrape returns what an exporter showed at the present moment.
func (w *walk) scrape(ctx context.Context) (*snapshot.Snapshot, error) {
	for {
		reached, err := w.past.show(ctx, w.now)
		if err != nil {
			return nil, err
		}
		s := w.source.Snapshot(ctx, time.Unix(0, w.now).UTC())
		if ctx.Err() != nil {
			return nil, context.Cause(ctx) // and a null may be missing
		}
		if s.Err != nil {
			return nil, fmt.Errorf("scrape of %s: %w", s.Time.Format(time.RFC3339), s.Err)
		}
		if reached {
			return s, nil
		}
	}
}

// move goes to the next moment after a scrape with the result s. It reports false if the history
// is over.
func (w *walk) move(ctx context.Context, s *snapshot.Snapshot) (bool, error) {
	newest := w.past.predictions.newest
	w.latest = max(w.latest, newest)
	if back, ok, err := w.past.setBack(ctx); err != nil {
		return false, err
	} else if ok {
		w.now = after(back, w.step)
		w.busy = w.now
		return true, nil
	}
	next, more, err := w.past.next(ctx)
	if err != nil {
		return false, err
	}
	now := int64(0)
	soonest := func(moment int64) {
		if moment > w.now && (now == 0 || moment < now) {
			now = moment
		}
	}
	tick := int64(drift.TickLength)
	soonest(after((newest/tick+1)*tick-1, w.step)) // the open tick is over
	if w.shown > 0 && (more && w.now-w.busy < idle || w.now%w.shown != 0) {
		soonest(after(w.now, w.shown))
	}
	if more {
		soonest(max(after(next, w.step), w.now+w.step))
		w.aging(s, soonest)
	}
	if now == 0 {
		return false, nil
	}
	if more && next < now {
		w.busy = now
	}
	w.now = now
	return true, nil
}

// aging calls soonest with the next moment at which a row becomes too old for a window, or at
// which a row from the future may enter one.
func (w *walk) aging(s *snapshot.Snapshot, soonest func(int64)) {
	if w.age == 0 {
		return
	}
	if w.latest >= w.now {
		soonest(w.now + w.step)
	}
	for i := range s.Models {
		if m := &s.Models[i]; m.Rows != nil && m.Rows.Oldest != nil {
			soonest(max(after(m.Rows.Oldest.UnixNano()+w.age-1, w.step), w.now+w.step))
		}
	}
}

// after returns the first multiple of step above a time.
func after(time, step int64) int64 { return (time/step + 1) * step }
