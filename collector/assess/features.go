package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Drifted counts the features of a model and version that have drifted.
type Drifted struct {
	// Features is the number of features that have drifted, Known the number of features
	// with a verdict, at least 1.
	Features int `json:"features"`
	Known    int `json:"known"`
}

// Features assesses the features of a model in the order of the snapshot, each alone and
// then together. Drifted is nil until at least one feature has a verdict.
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

// Predictions is the assessment of a model's score and class.
type Predictions struct {
	// Score and Class are the assessments of each, nil if the reference lacks it.
	Score *Answer `json:"score,omitempty"`
	Class *Answer `json:"class,omitempty"`
	// PValue is the p-value of the score, or of the class when the reference has no score.
	PValue *float64 `json:"p_value,omitempty"`
	// Detected says whether score or class has drifted, nil until the one that PValue
	// belongs to has a verdict.
	Detected *bool `json:"detected,omitempty"`
}

// Answer is the assessment of the score or the class.
type Answer struct {
	Drift

	// Bins are nil when the window is empty, and where nobody asks for them.
	Bins []Bin `json:"bins,omitempty"`
	// Trail is set by those who show it: see Judgement.TrailOf.
	Trail *Trail `json:"trail,omitempty"`
	// Fine is set by those who show it: see FineOf.
	Fine *Fine `json:"fine,omitempty"`
}

// addBins adds the bins of the score and the class.
func (p *Predictions) addBins(m *snapshot.Model) {
	if p.Score != nil {
		p.Score.Bins = BinsOf(m.Score())
	}
	if p.Class != nil {
		p.Class.Bins = BinsOf(m.Class())
	}
}

// Predictions assesses the score and the class of a model, nil without either. Only the
// score is tested: the class is the score cut at the threshold, and a second test of the
// same numbers would only add false alarms.
func (j Judgement) Predictions(m *snapshot.Model) *Predictions {
	var p Predictions
	if d := m.Score(); d != nil {
		p.Score = &Answer{Drift: j.Drift(d)}
	}
	if d := m.Class(); d != nil {
		p.Class = &Answer{Drift: j.Drift(d)}
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
