package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// The reasons why evidence does not count, as they are stored in the table outcomes.
const (
	notNew      = "unchanged"        // its source had said so before
	notNewest   = "older"            // its source has said something later
	notSurest   = "lower_confidence" // another outcome has a higher confidence
	notAgreedOn = "outvoted"         // the sources together say something else
)

// received is one transaction that adds records.
type received struct {
	predictionlog.Received
	tx      *transaction
	options *EvidenceOptions
	pending int64 // outcomes that wait, -1: not counted yet
	known   *knownRejected
	firsts  []firstOutcome // accepted and not added yet
}

// outcome adds one record that was understood.
func (r *received) outcome(source string, s *predictionlog.Stated, u *unsaid) error {
	f := s.Feedback
	f.Source = source
	if err := f.Complete(); err != nil {
		return fmt.Errorf("a record that was not checked: %w", err)
	}
	if p, ok := u.take(r.tx, &f); ok {
		r.first(p, &f)
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	err := r.settle(&f, r.tx.now)
	if errors.Is(err, predictionlog.ErrNotFound) {
		return r.wait(&f, s.Record)
	}
	if reason := rejection(err); reason != "" {
		return r.reject(source, reason, s.Record())
	}
	return err
}

// rejection returns the reason why a record is set aside after an error. It is "" for any other
// error and for nil.
func rejection(err error) string {
	_, other := errors.AsType[*predictionlog.OtherLogError](err)
	switch {
	case err == nil || breaks(err):
		return ""
	case other:
		return predictionlog.RejectedOtherLog
	case errors.Is(err, predictionlog.ErrPruned):
		return predictionlog.RejectedDeleted
	case errors.Is(err, predictionlog.ErrMismatch):
		return predictionlog.RejectedDisagree
	case errors.Is(err, predictionlog.ErrNegativeDelay):
		return predictionlog.RejectedTooEarly
	}
	return ""
}

// settle decides on an outcome whose prediction is in the log, and keeps it as evidence. It
// returns ErrNotFound if the prediction is not in the log.
func (r *received) settle(f *predictionlog.Feedback, at int64) error {
	p, err := r.tx.predictionOf(f)
	if err != nil {
		return err
	}
	if !f.ObservedAt.IsZero() && f.ObservedAt.UnixNano() < p.time {
		return predictionlog.ErrNegativeDelay
	}
	switch repeated, err := r.repeated(p.id, f); {
	case err != nil:
		return err
	case repeated:
		r.Unchanged++
		return nil
	}
	reason, err := r.decide(p, f)
	if err != nil {
		return err
	}
	switch reason {
	case "":
		r.Accepted++
	case notNew:
		r.Unchanged++
	default:
		r.Overruled++
	}
	return r.keep(p.id, f, at, reason)
}

// repeated reports whether the evidence already contains the record. A record with a time of
// observation may be anywhere in it. A record without one must be the last of its source. About
// adding 0 and an empty text, see counting.
func (r *received) repeated(id int64, f *predictionlog.Feedback) (bool, error) {
	if !f.ObservedAt.IsZero() {
		row, err := r.tx.conn.First(context.Background(), `SELECT 1 FROM outcomes
			WHERE prediction_id = ? + 0 AND source = ? || '' AND outcome = ? AND confidence = ? AND observed_at = ?`, id, f.Source, f.Outcome, f.Confidence, f.ObservedAt.UnixNano())
		return row != nil, err
	}
	row, err := r.tx.conn.First(context.Background(), `SELECT 1 FROM
		(SELECT outcome, confidence FROM outcomes WHERE prediction_id = ?1 + 0 AND source = ?2 || '' ORDER BY seq DESC LIMIT 1)
		WHERE outcome = ?3 AND confidence >= ?4`, id, f.Source, f.Outcome, f.Confidence)
	return row != nil, err
}

// decide says why an outcome does not count, or "" if it does. It writes what counts from now on.
func (r *received) decide(p predicted, f *predictionlog.Feedback) (reason string, err error) {
	if !f.ObservedAt.IsZero() {
		row, err := r.tx.conn.First(context.Background(), `SELECT 1 FROM outcomes
			WHERE prediction_id = ? + 0 AND source = ? || '' AND observed_at > ? LIMIT 1`, p.id, f.Source, f.ObservedAt.UnixNano())
		if err != nil {
			return "", err
		}
		if row != nil {
			return notNewest, nil
		}
	}
	if r.options.Agreement {
		return r.agree(p, f)
	}
	switch a, err := r.tx.acceptFeedback(p, f); {
	case errors.Is(err, predictionlog.ErrConflict):
		return notSurest, nil
	case err != nil:
		return "", err
	case a.Noop:
		return notNew, nil
	}
	return "", nil
}

// keep adds a row of evidence.
func (r *received) keep(id int64, f *predictionlog.Feedback, at int64, reason string) error {
	return r.tx.conn.Do(`INSERT INTO outcomes (received_at, prediction_id, request_id, source, outcome, confidence, observed_at, accepted, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		at, id, textOrNull(f.RequestID), f.Source, f.Outcome, f.Confidence, timeOrNull(f.ObservedAt), bit(reason == ""), reason)
}

// asRecord writes an outcome as a record that can be read again.
func asRecord(f *predictionlog.Feedback) string {
	fields := map[string]any{"outcome": f.Outcome, "confidence": f.Confidence}
	if f.PredictionID != nil {
		fields["prediction_id"] = *f.PredictionID
	}
	if f.RequestID != "" {
		fields["request_id"] = f.RequestID
	}
	if !f.ObservedAt.IsZero() {
		fields["observed_at"] = f.ObservedAt.UTC().Format(time.RFC3339Nano)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return fmt.Sprint(fields)
	}
	return string(text)
}

func textOrNull(text string) driver.Value {
	if text == "" {
		return nil
	}
	return text
}

func timeOrNull(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

func idOrNull(id *int64) driver.Value {
	if id == nil {
		return nil
	}
	return *id
}

func bit(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// feedbackAt reads the columns prediction_id, request_id, source, outcome, confidence and
// observed_at. The first of them has the index i.
func feedbackAt(f *file.Fields, i int) predictionlog.Feedback {
	fb := predictionlog.Feedback{Source: f.Text(i + 2), Outcome: f.Text(i + 3), Confidence: f.Real(i + 4)}
	if f.Row[i] != nil {
		id := f.Integer(i)
		fb.PredictionID = &id
	}
	if f.Row[i+1] != nil {
		fb.RequestID = f.Text(i + 1)
	}
	if f.Row[i+5] != nil {
		fb.ObservedAt = time.Unix(0, f.Integer(i+5)).UTC()
	}
	return fb
}
