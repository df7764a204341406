package window

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// foldPredictions returns a function that adds a row to the counters and, if its model is
// configured and its features can be read, to the window of its model. Successive rows are
// mostly of one model, so its window is looked up only when the model changes.
func (w *Window) foldPredictions(ctx context.Context) func(*predictionlog.Row) error {
	s := &w.state
	var last predictionlog.Key
	var series *series
	var counters *predictionlog.Counters
	begun := false
	return func(row *predictionlog.Row) error {
		if key := (predictionlog.Key{Model: row.Model, Version: row.Version}); key != last || !begun {
			last, begun, series, counters = key, true, nil, nil
			if spec := w.specs[row.Model]; spec != nil {
				series = s.seriesOf(key, w, spec)
			}
		}
		var valid bool
		if series != nil {
			var err error
			if valid, err = series.push(ctx, row); err != nil {
				return fmt.Errorf("prediction %d: %w", row.ID, err)
			}
			if row.Shadow && valid && !w.options.Bare {
				w.foldShadow(row)
			}
		} else {
			valid = !predictionlog.InvalidFeatures(row.Features)
		}
		if row.ID > s.counted.Predictions {
			if counters == nil {
				counters = s.countersOf(last)
			}
			counters.AddPrediction(row, !valid)
		}
		s.read.Predictions = row.ID
		return nil
	}
}

// foldFeedback adds one accepted outcome to the counters and to the feedback
// window of its model and version.
func (w *Window) foldFeedback(row *predictionlog.FeedbackRow) error {
	s := &w.state
	key := predictionlog.Key{Model: row.Model, Version: row.Version}
	if spec := w.specs[row.Model]; spec != nil {
		f := s.feedback[key]
		if f == nil {
			f = newFeedback(&w.options, w.layoutOf(spec, key.Version), spec.predicts())
			s.feedback[key] = f
		}
		if rows := s.series[key]; rows != nil {
			f.fold(row, rows)
		} else {
			f.fold(row, nil)
		}
		s.contests[key].outcome(row)
	}
	span := row.Seq / w.options.Lookback
	if _, begun := s.outcomesFrom[span]; !begun {
		s.outcomesFrom[span] = row.Time
	}
	if row.Seq > s.counted.Feedback {
		s.countersOf(key).AddFeedback(row)
	}
	s.read.Feedback = row.Seq
	return nil
}

// foldError adds one refused prediction to the counters.
func (w *Window) foldError(row *predictionlog.ErrorRow) error {
	s := &w.state
	if row.Seq > s.counted.Errors {
		s.countersOf(predictionlog.Key{Model: row.Model, Version: row.Version}).AddError(row.Reason)
	}
	s.read.Errors = row.Seq
	return nil
}

func (s *state) seriesOf(key predictionlog.Key, w *Window, spec *Spec) *series {
	r := s.series[key]
	if r == nil {
		r = w.newSeries(w.layoutOf(spec, key.Version), spec.predicts())
		r.keep(w.options.Codes, s.logID, key)
		s.series[key] = r
	}
	return r
}

// countersOf returns counters to add to.
func (s *state) countersOf(key predictionlog.Key) *predictionlog.Counters {
	delete(s.copies, key)
	c := s.counters[key]
	if c == nil {
		c = predictionlog.NewCounters()
		s.counters[key] = c
	}
	return c
}
