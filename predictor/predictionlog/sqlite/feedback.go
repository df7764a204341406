package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// AppendFeedback adds an outcome and returns once it is on the disk. The newest row of a
// prediction is its outcome. A row with the same or higher confidence replaces the one before. A
// row with lower confidence may only confirm it. If a source repeats its last statement without
// more confidence, nothing is added. Errors wrap ErrNotFound, ErrPruned, ErrConflict,
// ErrMismatch, ErrNegativeDelay or ErrUnavailable, or say which field is missing or out of range.
func (w *Writer) AppendFeedback(ctx context.Context, f predictionlog.Feedback) (predictionlog.Accepted, error) {
	accepted, err := w.AppendOutcomes(ctx, []predictionlog.Feedback{f})
	if err != nil {
		if refused, ok := errors.AsType[predictionlog.RefusedOutcomes](err); ok {
			err = fmt.Errorf("append feedback: %w", refused[0].Err)
		}
		return predictionlog.Accepted{}, err
	}
	return accepted[0], nil
}

// insertFeedback adds an outcome by the same rules that the schema's triggers enforce for foreign
// writers.
func (tx *transaction) insertFeedback(f *predictionlog.Feedback) (predictionlog.Accepted, error) {
	p, err := tx.predictionOf(f)
	if err != nil {
		return predictionlog.Accepted{}, err
	}
	return tx.acceptFeedback(p, f)
}

// acceptFeedback adds an outcome for this prediction.
func (tx *transaction) acceptFeedback(p predicted, f *predictionlog.Feedback) (predictionlog.Accepted, error) {
	a := predictionlog.Accepted{PredictionID: p.id, Outcome: f.Outcome, Class: p.class, Model: p.model, Version: p.version}
	observed := max(tx.now, p.time)
	if !f.ObservedAt.IsZero() {
		observed = f.ObservedAt.UnixNano()
	}
	if observed < p.time {
		return predictionlog.Accepted{}, fmt.Errorf("%w: observed at %s, predicted at %s", predictionlog.ErrNegativeDelay,
			f.ObservedAt.UTC().Format(time.RFC3339Nano), time.Unix(0, p.time).UTC().Format(time.RFC3339Nano))
	}
	a.Delay = time.Duration(observed - p.time)

	before, err := tx.lastOf(f.Source, p.id)
	if err != nil {
		return predictionlog.Accepted{}, err
	}
	if before.known && tx.same(before.outcome, f.Outcome) && before.confidence >= f.Confidence {
		a.Noop, a.Seq = true, before.seq
		return a, nil
	}
	c, err := tx.counting(p.id, f)
	if err != nil {
		return predictionlog.Accepted{}, err
	}
	if c.known && !tx.same(c.outcome, f.Outcome) && f.Confidence < c.most {
		return predictionlog.Accepted{}, fmt.Errorf("%w: %q with %v, not %q with %v", predictionlog.ErrConflict, c.outcome, c.most, f.Outcome, f.Confidence)
	}
	a.Seq, err = tx.writeFeedback(p, f, observed, c.corrects)
	return a, err
}

// counting is the outcome that counts for a prediction before another one is added.
type counting struct {
	known    bool // there is an outcome that counts
	outcome  string
	most     float64 // the greatest confidence of any outcome so far
	corrects any     // why the new outcome counts instead; nil when it says the same
}

// counting looks up what counts, to compare it with f. Its query and the query of lastOf add 0 or
// an empty text to each argument. Otherwise SQLite would plan them again for every value, which
// takes 15 us each.
func (tx *transaction) counting(id int64, f *predictionlog.Feedback) (c counting, err error) {
	row, err := tx.conn.First(context.Background(), `SELECT
		outcome, (SELECT max(confidence) FROM feedback WHERE prediction_id = ?1 + 0),
		(SELECT outcome FROM feedback WHERE prediction_id = ?1 + 0 AND source = ?2 || '' ORDER BY seq DESC LIMIT 1)
		FROM feedback WHERE prediction_id = ?1 + 0 ORDER BY seq DESC LIMIT 1`, id, f.Source)
	if err != nil || row == nil {
		return c, err
	}
	known := file.Fields{Row: row}
	c.known, c.outcome, c.most = true, known.Text(0), known.Real(1)
	switch {
	case tx.same(c.outcome, f.Outcome):
	case row[2] != nil && !tx.same(known.Text(2), f.Outcome):
		c.corrects = "same_source"
	case f.Confidence > c.most:
		c.corrects = "higher_confidence"
	default:
		c.corrects = "other_source"
	}
	return c, known.Err
}

// writeFeedback adds the row of an outcome that counts from now on.
func (tx *transaction) writeFeedback(p predicted, f *predictionlog.Feedback, observed int64, corrects any) (seq int64, err error) {
	row, err := tx.conn.First(context.Background(), `INSERT INTO feedback
		(prediction_id, time, observed_at, outcome, source, confidence, class, model, version, predicted_at, score, corrects)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		p.id, tx.now, observed, f.Outcome, f.Source, f.Confidence, p.class, p.model, p.version, p.time, p.score, corrects)
	if err != nil {
		return 0, err
	}
	got := file.Fields{Row: row}
	return got.Integer(0), got.Err
}

// statement is the last statement of one source about a prediction.
type statement struct {
	known      bool
	seq        int64
	outcome    string
	confidence float64
}

// lastOf returns the last statement of a source about a prediction.
func (tx *transaction) lastOf(source string, prediction int64) (statement, error) {
	row, err := tx.conn.First(context.Background(), "SELECT seq, outcome, confidence FROM feedback WHERE prediction_id = ? + 0 AND source = ? || '' ORDER BY seq DESC LIMIT 1", prediction, source)
	if err != nil || row == nil {
		return statement{}, err
	}
	got := file.Fields{Row: row}
	return statement{true, got.Integer(0), got.Text(1), got.Real(2)}, got.Err
}

// same reports whether two texts are the same outcome, as 1, 1.0 and true are.
func (tx *transaction) same(a, b string) bool {
	return a == b || tx.classes.Predicted(a) == tx.classes.Predicted(b)
}

// predicted is the part of a prediction that feedback needs.
type predicted struct {
	id, time              int64
	class, model, version string
	requestID             string // empty: it came without one
	score                 any    // nil: none
}

const selectPredicted = "SELECT id, time, class, model, version, coalesce(request_id, ''), score FROM predictions "

// predictedAt reads the columns of selectPredicted.
func predictedAt(row []driver.Value) (predicted, error) {
	got := file.Fields{Row: row}
	p := predicted{id: got.Integer(0), time: got.Integer(1), class: got.Text(2), model: got.Text(3), version: got.Text(4), requestID: got.Text(5), score: row[6]}
	return p, got.Err
}

// predictionOf finds the prediction that feedback names. A request id never finds a shadow,
// because it belongs to the answered prediction.
func (tx *transaction) predictionOf(f *predictionlog.Feedback) (predicted, error) {
	id := f.PredictionID
	var row []driver.Value
	var err error
	if id == nil {
		row, err = tx.conn.First(context.Background(), selectPredicted+"WHERE request_id = ? AND shadow_of IS NULL", f.RequestID)
		if logID, own, ok := predictionlog.ParseOwnRequestID(f.RequestID); err == nil && row == nil && ok {
			if logID != tx.logID {
				return predicted{}, &predictionlog.OtherLogError{LogID: logID}
			}
			id = &own
		}
	}
	if id != nil {
		row, err = tx.conn.First(context.Background(), selectPredicted+"WHERE id = ?", *id)
	}
	switch {
	case err != nil:
		return predicted{}, err
	case row != nil:
		p, err := predictedAt(row)
		if err == nil {
			err = tx.checkName(&p, f)
		}
		return p, err
	case id == nil:
		return predicted{}, fmt.Errorf("%w: no prediction has request id %q", predictionlog.ErrNotFound, f.RequestID)
	case *id < 0 || *id >= tx.next:
		return predicted{}, fmt.Errorf("%w: there is no prediction %d", predictionlog.ErrNotFound, *id)
	default:
		// There are nearly no gaps between ids, so the prediction did exist.
		return predicted{}, fmt.Errorf("%w: prediction %d was deleted, for its age or on request", predictionlog.ErrPruned, *id)
	}
}

// checkName returns an error if the prediction has another request id than the feedback names.
func (tx *transaction) checkName(p *predicted, f *predictionlog.Feedback) error {
	if f.RequestID == "" || f.RequestID == p.requestID || f.RequestID == predictionlog.OwnRequestID(tx.logID, p.id) {
		return nil
	}
	return fmt.Errorf("%w: prediction %d has another request id than %q", predictionlog.ErrMismatch, p.id, f.RequestID)
}
