package predictionlog

import "fmt"

// RefusedOutcome says which record of a batch was refused, and why.
type RefusedOutcome struct {
	Index int // In the batch, from 0.
	Err   error
}

// RefusedOutcomes are the refused records of a batch, in order.
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
