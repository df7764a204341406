package snapshot

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// EstimateLow says whether what is estimated without outcomes is worse than the reference by more
// than the tolerance. It is kept from tick to tick until the estimate recovers.
type EstimateLow struct {
	Low bool
	// Since is the end of the tick at which it began, nil while Low is false.
	Since *time.Time
}

// Shortfall is by how much an estimate is worse than the reference: by how much its accuracy is
// lower, or, of a regression, its mean absolute error larger, as a share of the reference's 99 %
// quantile of errors. Band is half the width of its 95 % interval.
type Shortfall struct{ Value, Band float64 }

// ShortfallOf returns the shortfall of an estimate, e of classes or x of a regression. It is not ok
// without an estimate, and if the reference has no outcomes.
func ShortfallOf(r *reference.Reference, e *Estimate, x *drift.ExpectedError) (s Shortfall, ok bool) {
	const z95 = 1.959963984540054
	if x != nil {
		scale := r.Errors.Scale()
		if !(scale > 0) {
			return s, false
		}
		return Shortfall{(x.Error - r.Errors.MeanAbsolute()) / scale, z95 * x.StandardError / scale}, true
	}
	correct, labelled := int64(0), int64(0)
	for _, c := range r.Classes {
		correct, labelled = correct+c.Correct, labelled+c.Labelled
	}
	if e == nil || labelled == 0 {
		return s, false
	}
	return Shortfall{float64(correct)/float64(labelled) - e.Accuracy, z95 * e.StandardError}, true
}

// Low reports whether all of the interval is worse than the reference by more than the tolerance.
func (s Shortfall) Low(tolerance float64) bool { return s.Value-s.Band > tolerance }
