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

// idle is how long scrapes go on that are asked for only to be shown, after the
// last row before a gap.
const idle = int64(24 * time.Hour)

// walk scrapes a past at one moment after the other: at the multiples of a step
// since 1970 at which a scrape can differ from the one before.
type walk struct {
	past   *past
	source monitor.Source
	step   int64 // ns
	// shown is another step, a multiple of the first, at which scrapes are wanted
	// even when they do not differ; 0: at no time.
	shown int64
	age   int64 // --window.duration, ns
	visit func(*snapshot.Snapshot) error

	now  int64 // moment of the last scrape
	busy int64 // moment of the last scrape that brought rows
	// latest is the greatest time of a prediction so far, now and then beyond the
	// moment: where the clock was set back.
	latest int64
}

// run goes from the first row to the moment at which all there is to say about
// the last one is said. When ctx ends it ends early, without an error.
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

// ended makes the end of a context the end of a walk.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return err
}

// scrape returns what an exporter said at the present moment.
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

// move goes to the next moment, after a scrape that said s. It reports false
// when the history is over.
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

// aging names the next moment at which a row leaves a window for its age, or may
// enter one that lay in the future.
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
