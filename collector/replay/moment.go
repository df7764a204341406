package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// ErrOutside is the error for a moment that is not in a log.
var ErrOutside = errors.New("the log does not go back that far")

// Moment returns what an exporter said at a moment of a prediction log. It reads no more than an
// exporter that is started at that moment: at most two look-backs of predictions and of feedback,
// after about forty rows to find where they begin. Follow returns the windows over the log as it
// was then.
//
// A clock that was set back makes some moments ambiguous: any of them is taken.
func Moment(ctx context.Context, path string, lookback int64, moment time.Time, follow func(window.Log) (monitor.Source, error)) (_ *snapshot.Snapshot, err error) {
	l, err := openLog(ctx, path)
	if err != nil {
		return nil, err
	}
	if !moment.After(l.is.first) {
		return nil, fmt.Errorf("%w: its first prediction is of %s", ErrOutside, l.is.first.Format(time.RFC3339))
	}
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	predictions, err := lastBefore(ctx, l.high.Predictions, moment, reader.Predictions, func(r *predictionlog.Row) (int64, int64) { return r.ID, r.Time })
	if err != nil {
		return nil, err
	}
	feedback, err := lastBefore(ctx, l.high.Feedback, moment, reader.Feedback, func(r *predictionlog.FeedbackRow) (int64, int64) { return r.Seq, r.Time })
	if err != nil {
		return nil, err
	}
	s := &source{
		predictions: logPredictions(reader, window.Anchor(predictions, lookback)-1, predictions),
		feedback: logRows(reader.Feedback, window.Anchor(feedback, lookback)-1, feedback, func(r *predictionlog.FeedbackRow) (int64, int64) {
			return r.Seq, r.Time
		}),
		errors: func(_ context.Context, entries []entry[predictionlog.ErrorRow]) ([]entry[predictionlog.ErrorRow], bool, error) {
			return entries, false, nil
		},
		byID:       reader.PredictionsByID,
		feedbackOf: reader.FeedbackOf,
		totals: func(_ context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error) {
			return predictionlog.Totals{UpTo: upTo, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
		},
		highWater: predictionlog.UpTo{Predictions: predictions, Feedback: feedback, Errors: -1},
	}
	past := newPast(s, lookback)
	windows, err := follow(past)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, windows.Close()) }()
	w := walk{past: past, source: windows, now: moment.UnixNano()}
	for {
		now, err := w.scrape(ctx)
		if err != nil {
			return nil, err
		}
		if _, ok, err := past.setBack(ctx); err != nil || !ok {
			return now, err
		}
	}
}

// lastBefore returns the id of the last row of a table that was written before a moment, -1 if
// there is none. Times rise with ids, so it halves the table. Ids may be missing.
func lastBefore[R any](ctx context.Context, high int64, moment time.Time, read func(context.Context, int64, int64, func(*R) error) error, key func(*R) (id, time int64)) (int64, error) {
	before, after := int64(-1), high+1 // rows up to before are early enough, those from after on are not
	for before+1 < after {
		middle, early := before+(after-before)/2, false
		found := int64(-1)
		err := read(ctx, middle-1, after-1, func(r *R) error {
			id, at := key(r)
			found, early = id, at < moment.UnixNano()
			return errEnough
		})
		switch {
		case err != nil && !errors.Is(err, errEnough):
			return 0, err
		case found >= 0 && early:
			before = found
		default: // too late, or nothing is there
			after = middle
		}
	}
	return before, nil
}
