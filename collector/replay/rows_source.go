package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// batch contains some rows as predictions, with the known outcomes.
type batch struct {
	checked
	predictions []entry[predictionlog.Row]
	feedback    []entry[predictionlog.FeedbackRow]
}

// ahead is the number of pieces that are read in advance.
const ahead = 4

// open implements history. Other cores read the rows and turn them into predictions, not the core
// that replays them.
func (h *fileRows) open(r *run) (*source, error) {
	spec, o := &r.specs[0], &r.setting.Watch
	coder, err := window.NewCoder(spec, spec.References[0], o.Bins)
	if err != nil {
		return nil, err
	}
	predict := func(p *rows.Piece) error { return h.predict(p, coder, !o.Window.Alarms) }
	ctx, cancel := context.WithCancel(context.Background())
	pieces, ended := make(chan *batch, ahead), error(nil)
	go func() {
		defer close(pieces)
		ended = h.file.Scan(ctx, &rows.Pass{
			Together: h.columns.together, Rows: predict,
			Then: func(p *rows.Piece) error {
				made := p.Made.(*batch)
				h.complete(p, made)
				select {
				case pieces <- made:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			},
		})
	}()
	var known []entry[predictionlog.FeedbackRow] // that is not handed on yet
	read := int64(0)
	return &source{
		predictions: func(_ context.Context, entries []entry[predictionlog.Row]) ([]entry[predictionlog.Row], bool, error) {
			for p := range pieces {
				if len(p.predictions) == 0 {
					continue
				}
				known = append(known, p.feedback...)
				read += int64(len(p.predictions))
				return append(entries, p.predictions...), true, nil
			}
			err := ended
			if err == nil && read != h.is.rows {
				err = rows.ErrChanged
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", h.Path, err)
			}
			return entries, false, err
		},
		feedback: func(_ context.Context, entries []entry[predictionlog.FeedbackRow]) ([]entry[predictionlog.FeedbackRow], bool, error) {
			n := len(known)
			entries, known = append(entries, known...), known[:0]
			return entries, n > 0, nil
		},
		errors: func(_ context.Context, entries []entry[predictionlog.ErrorRow]) ([]entry[predictionlog.ErrorRow], bool, error) {
			return entries, false, nil
		},
		totals: func(_ context.Context, upTo predictionlog.UpTo) (predictionlog.Totals, error) {
			return predictionlog.Totals{UpTo: upTo, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
		},
		highWater: predictionlog.UpTo{Predictions: h.is.rows - 1, Feedback: h.lastFeedback, Errors: -1},
		close: func() error {
			cancel()
			for range pieces { // until nobody reads the file any more
			}
			if errors.Is(ended, context.Canceled) {
				return nil
			}
			return ended
		},
	}, nil
}

// predict turns some rows into predictions, except for what depends on the rows before.
func (h *fileRows) predict(p *rows.Piece, coder *window.Coder, numbers bool) error {
	made := &batch{predictions: make([]entry[predictionlog.Row], p.Rows)}
	if err := h.check(p); err != nil {
		return fmt.Errorf("%w: %w", rows.ErrChanged, err)
	}
	made.checked = *p.Made.(*checked)
	p.Made = made
	coded := h.columns.code(p, coder, numbers)
	for row := range made.predictions {
		e := &made.predictions[row]
		e.row = predictionlog.Row{Model: h.key.Model, Version: h.key.Version, Latency: -1, Coded: &coded[row]}
		if made.score != nil && made.kinds[row] == value.Known {
			e.row.Score, e.row.HasScore = made.score[row], true
			e.row.Class = h.answers.of(made.score[row])
		}
	}
	return nil
}

// complete fills in ids, times, classes and outcomes.
func (h *fileRows) complete(p *rows.Piece, made *batch) {
	for row := range made.predictions {
		e := &made.predictions[row]
		e.id, e.time = p.First+int64(row), h.timeAt(p, &made.checked, row)
		e.row.ID, e.row.Time = e.id, e.time
		if i := h.columns.class; i >= 0 {
			e.row.Class = h.answers.class(p.Cells(i).Text(row))
		}
		if i := h.columns.outcome; i >= 0 {
			if outcome := h.answers.outcome(p.Cells(i).Text(row)); outcome != "" {
				made.feedback = append(made.feedback, feedbackOf(&e.row, outcome))
			}
		}
	}
}

// feedbackOf returns an outcome that is known at the same time as its row.
func feedbackOf(r *predictionlog.Row, outcome string) entry[predictionlog.FeedbackRow] {
	return entry[predictionlog.FeedbackRow]{r.ID, r.Time, predictionlog.FeedbackRow{
		Seq: r.ID, PredictionID: r.ID, Time: r.Time, ObservedAt: r.Time,
		Outcome: outcome, Class: r.Class, Model: r.Model, Version: r.Version, Confidence: 1,
		PredictedAt: r.Time, Score: r.Score, HasScore: r.HasScore,
	}}
}
