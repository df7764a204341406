package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Feedback is one outcome, to be logged. It names its prediction by id, by
// request id, or by both when they agree.
type Feedback struct {
	PredictionID *int64
	RequestID    string
	// Outcome compares as text with the predicted class.
	Outcome string
	// Source says who observed it; may be empty.
	Source string
	// Confidence is in (0, 1]; 0 means 1.
	Confidence float64
	// ObservedAt is when the outcome was seen; zero means on arrival.
	ObservedAt time.Time
}

// Accepted is an outcome that is in the log, safe on disk.
type Accepted struct {
	// Seq is the feedback's own number; that of the earlier row when Noop.
	Seq, PredictionID int64
	// Class, Model and Version are the prediction's.
	Outcome, Class, Model, Version string
	// Noop says that the source had said the same before and nothing was added.
	Noop bool
	// Delay is from the prediction to the observation, never negative.
	Delay time.Duration
}

// Why AppendFeedback refuses an outcome. Each comes wrapped in a sentence.
var (
	// ErrNotFound says that there has never been such a prediction.
	ErrNotFound = errors.New("unknown prediction")
	// ErrPruned says that the prediction was there and is no longer kept.
	ErrPruned = errors.New("prediction is no longer kept")
	// ErrConflict says that another outcome is known with higher confidence.
	ErrConflict = errors.New("another outcome is known with higher confidence")
	// ErrMismatch says that id and request id name two predictions.
	ErrMismatch = errors.New("prediction id and request id disagree")
	// ErrNegativeDelay says that the outcome was seen before the prediction.
	ErrNegativeDelay = errors.New("outcome observed before the prediction")
)

// AppendFeedback adds an outcome and returns when it is on the disk. The newest
// row of a prediction is its outcome: one of equal or higher confidence takes
// the place of the one before, one of lower confidence may only confirm it. A
// source that says again what it said last, no more confidently, adds nothing.
// Errors wrap ErrNotFound, ErrPruned, ErrConflict, ErrMismatch, ErrNegativeDelay
// or ErrUnavailable, or say which field is missing or out of range.
func (w *Writer) AppendFeedback(ctx context.Context, f Feedback) (Accepted, error) {
	accepted, err := w.AppendOutcomes(ctx, []Feedback{f})
	if err != nil {
		var refused RefusedOutcomes
		if errors.As(err, &refused) {
			err = fmt.Errorf("append feedback: %w", refused[0].Err)
		}
		return Accepted{}, err
	}
	return accepted[0], nil
}

// insertFeedback adds an outcome by the rules that the schema's triggers hold
// for foreign writers.
func (tx *transaction) insertFeedback(f *Feedback) (Accepted, error) {
	p, err := tx.predictionOf(f)
	if err != nil {
		return Accepted{}, err
	}
	a := Accepted{PredictionID: p.id, Outcome: f.Outcome, Class: p.class, Model: p.model, Version: p.version}
	observed := max(tx.now, p.time)
	if !f.ObservedAt.IsZero() {
		observed = f.ObservedAt.UnixNano()
	}
	if observed < p.time {
		return Accepted{}, fmt.Errorf("%w: observed at %s, predicted at %s", ErrNegativeDelay,
			f.ObservedAt.UTC().Format(time.RFC3339Nano), time.Unix(0, p.time).UTC().Format(time.RFC3339Nano))
	}
	a.Delay = time.Duration(observed - p.time)

	row, err := tx.conn.first(context.Background(), `SELECT seq FROM
		(SELECT seq, outcome, confidence FROM feedback WHERE prediction_id = ?1 AND source = ?2 ORDER BY seq DESC LIMIT 1)
		WHERE outcome = ?3 AND confidence >= ?4`, p.id, f.Source, f.Outcome, f.Confidence)
	if err != nil {
		return Accepted{}, err
	}
	if row != nil {
		a.Noop = true
		got := fields{row: row}
		a.Seq = got.integer(0)
		return a, got.err
	}
	row, err = tx.conn.first(context.Background(), `SELECT
		outcome, (SELECT max(confidence) FROM feedback WHERE prediction_id = ?1),
		(SELECT outcome FROM feedback WHERE prediction_id = ?1 AND source = ?2 ORDER BY seq DESC LIMIT 1)
		FROM feedback WHERE prediction_id = ?1 ORDER BY seq DESC LIMIT 1`, p.id, f.Source)
	if err != nil {
		return Accepted{}, err
	}
	var corrects any
	if row != nil && row[0] != f.Outcome {
		known := fields{row: row}
		most := known.real(1)
		if f.Confidence < most {
			return Accepted{}, fmt.Errorf("%w: %q with %v, not %q with %v", ErrConflict, known.text(0), most, f.Outcome, f.Confidence)
		}
		switch {
		case row[2] != nil && row[2] != f.Outcome:
			corrects = "same_source"
		case f.Confidence > most:
			corrects = "higher_confidence"
		default:
			corrects = "other_source"
		}
	}
	row, err = tx.conn.first(context.Background(), `INSERT INTO feedback
		(prediction_id, time, observed_at, outcome, source, confidence, class, model, version, predicted_at, score, corrects)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		p.id, tx.now, observed, f.Outcome, f.Source, f.Confidence, p.class, p.model, p.version, p.time, p.score, corrects)
	if err != nil {
		return Accepted{}, err
	}
	got := fields{row: row}
	a.Seq = got.integer(0)
	return a, got.err
}

// predicted is what feedback needs of its prediction.
type predicted struct {
	id, time              int64
	class, model, version string
	score                 any // nil: none
}

// predictionOf finds the prediction that feedback names.
func (tx *transaction) predictionOf(f *Feedback) (predicted, error) {
	const columns = `SELECT id, time, class, model, version, coalesce(request_id, ''), score FROM predictions `
	var query string
	var arg any
	if f.PredictionID != nil {
		query, arg = columns+"WHERE id = ?", *f.PredictionID
	} else {
		query, arg = columns+"WHERE request_id = ?", f.RequestID
	}
	row, err := tx.conn.first(context.Background(), query, arg)
	switch {
	case err != nil:
		return predicted{}, err
	case row != nil:
		got := fields{row: row}
		p := predicted{id: got.integer(0), time: got.integer(1), class: got.text(2), model: got.text(3), version: got.text(4), score: row[6]}
		if id := got.text(5); got.err == nil && f.RequestID != "" && id != f.RequestID {
			return predicted{}, fmt.Errorf("%w: prediction %d has another request id than %q", ErrMismatch, p.id, f.RequestID)
		}
		return p, got.err
	case f.PredictionID == nil:
		return predicted{}, fmt.Errorf("%w: no prediction has request id %q", ErrNotFound, f.RequestID)
	case *f.PredictionID < 0 || *f.PredictionID >= tx.next:
		return predicted{}, fmt.Errorf("%w: there is no prediction %d", ErrNotFound, *f.PredictionID)
	default:
		// Ids are given out without gaps, so it was there.
		return predicted{}, fmt.Errorf("%w: prediction %d was deleted, for its age or on request", ErrPruned, *f.PredictionID)
	}
}
