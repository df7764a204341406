package assess

import "github.com/drift-exporter/drift_exporter/collector/snapshot"

// Estimate is how right a model may be, without outcomes.
type Estimate struct {
	// Method is snapshot.Calibrated or snapshot.CBPE.
	Method string `json:"method"`
	// Accuracy is to be expected of the window; its ends hold, in 95 % of cases, the
	// accuracy that these predictions will turn out to have had, if scores mean what
	// they meant in the reference.
	Accuracy Interval `json:"accuracy"`
}

// EstimateOf estimates the accuracy of a model's window, nil without scores.
func EstimateOf(m *snapshot.Model) *Estimate {
	e := m.Estimate
	if e == nil {
		return nil
	}
	band := z95 * e.StandardError
	return &Estimate{Method: e.Method, Accuracy: Interval{Value: e.Accuracy, Lower: max(0, e.Accuracy-band), Upper: min(1, e.Accuracy+band)}}
}

// SurpriseOf is the accuracy minus the estimated accuracy of the same predictions, those
// of the feedback window with a score, -1 to 1: below 0 the model errs more than its
// scores explain. Nil without any.
func SurpriseOf(m *snapshot.Model) *Interval {
	if m.Performance == nil || m.Performance.Scores == nil || m.Performance.Scores.Estimate == nil {
		return nil
	}
	s := m.Performance.Scores
	gap, band := float64(s.Correct)/float64(s.Samples)-s.Estimate.Accuracy, z95*s.Estimate.StandardError
	return &Interval{Value: gap, Lower: gap - band, Upper: gap + band}
}
