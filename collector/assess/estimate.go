package assess

import "github.com/drift-exporter/drift_exporter/collector/snapshot"

// Estimate is the estimated accuracy of a model, without outcomes.
type Estimate struct {
	// Method is snapshot.Calibrated or snapshot.CBPE.
	Method string `json:"method"`
	// Accuracy is the expected accuracy of the window. Its interval contains the true
	// accuracy of these predictions in 95 % of cases, if scores still mean what they meant
	// in the reference.
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

// SurpriseOf returns the accuracy minus the estimated accuracy of the same predictions:
// those of the feedback window with a score. It and its interval are between -1 and 1; below 0 the model
// errs more often than its scores predict. Nil without such predictions.
func SurpriseOf(m *snapshot.Model) *Interval {
	if m.Performance == nil || m.Performance.Scores == nil || m.Performance.Scores.Estimate == nil {
		return nil
	}
	s := m.Performance.Scores
	gap, band := float64(s.Correct)/float64(s.Samples)-s.Estimate.Accuracy, z95*s.Estimate.StandardError
	return &Interval{Value: gap, Lower: max(-1, gap-band), Upper: min(1, gap+band)}
}
