package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Drifted counts the features of a model and version that have drifted.
type Drifted struct {
	// Features have drifted, among Known of which that is known; Known is at least 1.
	Features int `json:"features"`
	Known    int `json:"known"`
}

// Features judges the features of a model, each alone and then together, in the order of
// the snapshot. Drifted is nil while it is known of none.
func (j Judgement) Features(m *snapshot.Model) ([]Drift, *Drifted) {
	all := make([]Drift, len(m.Features()))
	var counted Drifted
	var tested []*Test
	var pValues []float64
	for i := range all {
		all[i] = j.Drift(&m.Features()[i])
		if t := all[i].Test; t != nil && t.PValue != nil {
			tested, pValues = append(tested, t), append(pValues, *t.PValue)
		}
		if detected := all[i].Detected; detected != nil {
			counted.Known++
			if *detected {
				counted.Features++
			}
		}
	}
	adjusted := drift.BenjaminiHochberg(pValues)
	for i, t := range tested {
		t.Adjusted = &adjusted[i]
	}
	if counted.Known == 0 {
		return all, nil
	}
	return all, &counted
}

// Predictions is what is said of a model's score and class together.
type Predictions struct {
	// Score and Class are the two alone, nil without one in the reference.
	Score *Drift `json:"score,omitempty"`
	Class *Drift `json:"class,omitempty"`
	// PValue is that of the score, or of the class when the reference has no score.
	PValue *float64 `json:"p_value,omitempty"`
	// Detected says whether one of them has drifted, nil as long as it is not known of
	// the one whose PValue it is.
	Detected *bool `json:"detected,omitempty"`
}

// Predictions judges the score and the class of a model, nil without either. The class is
// the score cut at the threshold, so the score alone is tested: a second test of the same
// thing would only add false alarms.
func (j Judgement) Predictions(m *snapshot.Model) *Predictions {
	var p Predictions
	if d := m.Score(); d != nil {
		score := j.Drift(d)
		p.Score = &score
	}
	if d := m.Class(); d != nil {
		class := j.Drift(d)
		p.Class = &class
	}
	tested := p.Score
	if tested == nil {
		tested = p.Class
	}
	if tested == nil {
		return nil
	}
	if tested.Test != nil {
		p.PValue = tested.Test.PValue
	}
	if tested.Detected != nil {
		detected := *tested.Detected || p.Class != nil && p.Class.Detected != nil && *p.Class.Detected
		p.Detected = &detected
	}
	return &p
}
