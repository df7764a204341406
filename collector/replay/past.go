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
	// byID returns predictions that were already read. It is nil if they cannot be read again.
	byID func(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error
	// feedbackOf returns outcomes of predictions again. It is nil if they cannot be read again.
	feedbackOf func(ctx context.Context, ids []int64, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error
	// totals returns the counters over the rows up to some ids, including rows that no longer
	// exist.
	totals func(ctx context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error)
	// highWater contains the ids at the end of the history.
	highWater predictionlog.UpTo
	close     func() error
}

// past is a log as it was at a moment: only the rows that were written before. show moves the
// moment. A window that reads past is the window that a live exporter had at that moment.
//
// The clock is the time of the predictions. It rises in a log unless it was set back. Feedback
// and errors may be in any order of time, for example if old outcomes are imported. Each of them
// is shown once its time and the times of those before it have been reached. So those from just
// after the clock was set back appear early.
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

// newPast returns the log before its first row. A window with this look-back skips no row of it.
func newPast(s *source, lookback int64) *past {
	return &past{
		source: s, limit: int(min(lookback, 4*chunk)),
		predictions: newStream(s.predictions, true),
		feedback:    newStream(s.feedback, false),
		errors:      newStream(s.errors, false),
		rows:        map[predictionlog.Key]*int64{},
	}
}

// show moves the moment, in nanoseconds since 1970. It reports false if the rows shown so far
// must be read before the moment can be reached.
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

// next returns the time of the next row of any table. It reports false at the end of the history.
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

// setBack reports whether the clock was set back before the next prediction, and to which time.
// The past then continues from there.
func (p *past) setBack(ctx context.Context) (time int64, ok bool, err error) {
	time, more, err := p.predictions.next(ctx)
	ok = more && p.predictions.setBack(time)
	if ok {
		p.predictions.followClock()
	}
	return time, ok, err
}

// State implements window.Log. The log's own sums go beyond the past, so they are hidden from the
// window.
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

// Predictions implements window.Log. Rows can only be read once and in order.
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

// PredictionsByID implements window.Log. The rows of a file cannot be read again, so only rows
// that a window keeps are known.
func (p *past) PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	if p.source.byID == nil {
		return nil
	}
	return p.source.byID(ctx, ids, yield)
}

// FeedbackOf implements window.Log. Only predictions with a shadow are asked for, and a file has
// none.
func (p *past) FeedbackOf(ctx context.Context, ids []int64, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	if p.source.feedbackOf == nil {
		return nil
	}
	return p.source.feedbackOf(ctx, ids, after, upTo, yield)
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
