package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// RefusedOutcome says which record of a batch was refused, and why.
type RefusedOutcome struct {
	Index int // In the batch, from 0.
	Err   error
}

// RefusedOutcomes are the records for which a batch was refused, in their order.
type RefusedOutcomes []RefusedOutcome

// Error describes the first of them.
func (r RefusedOutcomes) Error() string {
	return fmt.Sprintf("%d of the records are refused, the first is record %d: %v", len(r), r[0].Index, r[0].Err)
}

// Unwrap returns the errors of all of them.
func (r RefusedOutcomes) Unwrap() []error {
	errs := make([]error, len(r))
	for i := range r {
		errs[i] = r[i].Err
	}
	return errs
}

// AppendOutcomes adds outcomes in one transaction, all or none, in their order, and
// returns when they are on the disk: so one of the batch may replace another. When
// records are refused, the error is RefusedOutcomes and names each, with an error as
// AppendFeedback has. It costs some 100 us a record.
func (w *Writer) AppendOutcomes(ctx context.Context, batch []Feedback) ([]Accepted, error) {
	if len(batch) == 0 {
		return nil, ctx.Err()
	}
	var refused RefusedOutcomes
	complete := make([]Feedback, len(batch))
	for i := range batch {
		complete[i] = batch[i]
		if err := complete[i].complete(); err != nil {
			refused = append(refused, RefusedOutcome{i, err})
		}
	}
	if refused != nil {
		return nil, refused
	}
	accepted := make([]Accepted, len(batch))
	t := &task{size: len(batch), work: func(tx *transaction) (added int, err error) {
		refused = nil
		for i := range complete {
			accepted[i], err = tx.insertFeedback(&complete[i])
			switch {
			case err != nil && breaks(err):
				return 0, err
			case err != nil:
				refused = append(refused, RefusedOutcome{i, err})
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

// complete fills in what may be left out, and fails when something may not.
func (f *Feedback) complete() error {
	switch {
	case f.PredictionID == nil && f.RequestID == "":
		return errors.New("neither prediction id nor request id is given")
	case f.Outcome == "":
		return errors.New("the outcome is missing")
	case math.IsNaN(f.Confidence) || f.Confidence < 0 || f.Confidence > 1:
		return fmt.Errorf("confidence %v is not in (0, 1]", f.Confidence)
	case f.Confidence == 0:
		f.Confidence = 1
	}
	return nil
}
