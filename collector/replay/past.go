package replay

import (
	"context"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// source is a history that is open for one reading.
type source struct {
	predictions fill[predictionlog.Row]
	feedback    fill[predictionlog.FeedbackRow]
	errors      fill[predictionlog.ErrorRow]
	// byID hands out predictions that were read, nil where they cannot be read again.
	byID func(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error
	// totals returns the counters over the rows up to some ids, and over rows
	// that are no longer there.
	totals func(ctx context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error)
	// highWater are the ids at the end of the history.
	highWater predictionlog.UpTo
	close     func() error
}

// past is a log as it was at a moment: the rows that were written before it.
// The moment is moved by show; a window that reads past is what a live exporter
// had then.
//
// The clock is that of the predictions, which rises in a log unless it was set
// back. Feedback and errors may come in any order of time, as when outcomes of
// long ago are imported: each is shown once its time and those ahead of it have
// come. So those from just after a clock was set back show up early.
type past struct {
	source *source
	limit  int // rows of a table that are shown before they must be read

	predictions stream[predictionlog.Row]
	feedback    stream[predictionlog.FeedbackRow]
	errors      stream[predictionlog.ErrorRow]

	read      int64                        // predictions that were read
	rows      map[predictionlog.Key]*int64 // and of each model and version
	hindsight *hindsight                   // nil: nobody asks
	last      predictionlog.Key            // that of the newest
	lastRows  *int64
}

var _ window.Log = (*past)(nil)

// newPast returns the log before its first row. A window with this look-back
// skips no row of it.
func newPast(s *source, lookback int64) *past {
	return &past{
		source: s, limit: int(min(lookback, 4*chunk)),
		predictions: newStream(s.predictions, true),
		feedback:    newStream(s.feedback, false),
		errors:      newStream(s.errors, false),
		rows:        map[predictionlog.Key]*int64{},
	}
}

// show moves the moment, in nanoseconds since 1970. It reports false when the
// rows shown so far must be read before it can be reached.
func (p *past) show(ctx context.Context, moment int64) (reached bool, err error) {
	a, err := p.predictions.show(ctx, moment, p.limit)
	if err != nil {
		return false, err
	}
	b, err := p.feedback.show(ctx, moment, p.limit)
	if err != nil {
		return false, err
	}
	c, err := p.errors.show(ctx, moment, p.limit)
	return a && b && c, err
}

// next returns the time of the next row of any table, and reports false at the
// end of the history.
func (p *past) next(ctx context.Context) (time int64, ok bool, err error) {
	for _, next := range []func(context.Context) (int64, bool, error){p.predictions.next, p.feedback.next, p.errors.next} {
		t, more, err := next(ctx)
		if err != nil {
			return 0, false, err
		}
		if more && (!ok || t < time) {
			time, ok = t, true
		}
	}
	return time, ok, nil
}

// setBack reports whether the clock was set back before the next prediction, and
// to when. The past then goes on from there.
func (p *past) setBack(ctx context.Context) (time int64, ok bool, err error) {
	time, more, err := p.predictions.next(ctx)
	ok = more && p.predictions.setBack(time)
	if ok {
		p.predictions.followClock()
	}
	return time, ok, err
}

// State implements window.Log. The log's own sums reach beyond the past: to the
// window it is a log without.
func (p *past) State(ctx context.Context) (predictionlog.State, error) {
	high := predictionlog.UpTo{Predictions: p.predictions.high, Feedback: p.feedback.high, Errors: p.errors.high}
	_, more, err := p.next(ctx)
	if err == nil && !more {
		high = p.source.highWater // Its newest rows may have been deleted.
	}
	return predictionlog.State{
		LogID:      "past",
		HighWater:  high,
		TotalsUpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1},
	}, err
}

// Totals implements window.Log.
func (p *past) Totals(ctx context.Context, atLeast predictionlog.UpTo) (predictionlog.Totals, error) {
	return p.source.totals(ctx, atLeast)
}

// Predictions implements window.Log. Rows can be read in one order only, and
// each once.
func (p *past) Predictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.predictions.handOn(after, upTo, func(r *predictionlog.Row) error {
		if err := yield(r); err != nil {
			return err
		}
		p.count(r)
		if p.hindsight != nil {
			p.hindsight.prediction(r)
		}
		return nil
	})
}

// PredictionsByID implements window.Log. The rows of a file cannot be read again:
// what a window does not hold of them is not known any more.
func (p *past) PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	if p.source.byID == nil {
		return nil
	}
	return p.source.byID(ctx, ids, yield)
}

// Feedback implements window.Log.
func (p *past) Feedback(_ context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	if p.hindsight == nil {
		return p.feedback.handOn(after, upTo, yield)
	}
	return p.feedback.handOn(after, upTo, func(r *predictionlog.FeedbackRow) error {
		p.hindsight.feedback(r)
		return yield(r)
	})
}

// Errors implements window.Log.
func (p *past) Errors(_ context.Context, after, upTo int64, yield func(*predictionlog.ErrorRow) error) error {
	return p.errors.handOn(after, upTo, yield)
}

// count counts a row that was read.
func (p *past) count(r *predictionlog.Row) {
	if key := (predictionlog.Key{Model: r.Model, Version: r.Version}); p.lastRows == nil || key != p.last {
		if p.rows[key] == nil {
			p.rows[key] = new(int64)
		}
		p.last, p.lastRows = key, p.rows[key]
	}
	*p.lastRows++
	p.read++
}
