// Package assess judges what a snapshot holds: how far each feature has drifted and
// whether that is drift, how right the model is and within which bounds, and what the one
// has to do with the other. Everything here is a function of its arguments, in plain
// values: there is no NaN, and what is not known is nil. The metrics, replay and pages
// for people show the same assessment.
package assess

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Judgement says when a divergence counts as drift: when the sequential detector
// says so, or else when it is both improbable without drift and large enough to
// matter.
type Judgement struct {
	// Sequential asks the detector; Significance and Tolerance are then its own.
	Sequential bool
	// Significance is the p-value below which a divergence is improbable, between 0
	// and 1.
	Significance float64
	// Blocks takes the p-value from blocks of neighbouring predictions, which may
	// depend on each other, and not from the null.
	Blocks bool
	// Tolerance is the corrected divergence, in nats, above which it matters.
	Tolerance float64
}

// Drift is what is said of one distribution compared with its reference.
type Drift struct {
	// KL is D(reference || window) in nats, nil when the window is empty.
	KL *float64 `json:"kl,omitempty"`
	// Test compares it with what sampling alone causes; nil below
	// drift.MinPredictions rows, or when the null could not be built in time.
	Test *Test `json:"test,omitempty"`
	// DesignEffect says how many times as much the shares vary between blocks of
	// neighbouring rows as they would if rows were independent, at least 1; nil when
	// there are too few rows, or no detector.
	DesignEffect *float64 `json:"design_effect,omitempty"`
	// Detected says whether it is drift by the Judgement, nil as long as that is not
	// known.
	Detected *bool `json:"detected,omitempty"`
	// Detection is what the sequential detector says, nil when it is not asked and as
	// long as it has seen too few rows.
	Detection *snapshot.Detection `json:"detection,omitempty"`
}

// Test is what the null distribution says about one divergence.
type Test struct {
	// NoiseFloor is the divergence to expect without drift, Corrected what is left of
	// it above that, both in nats.
	NoiseFloor float64 `json:"noise_floor"`
	Corrected  float64 `json:"corrected"`
	// Severity is the size of Corrected: 0 minimal, 1 moderate, 2 significant.
	Severity int `json:"severity"`
	// PValue is the probability of a divergence at least as large without drift; nil
	// when it is not known: of blocks, when there are too few rows.
	PValue *float64 `json:"p_value,omitempty"`
	// Adjusted is PValue adjusted for the number of features of the model; nil for
	// the score and the class.
	Adjusted *float64 `json:"adjusted_p_value,omitempty"`
}

// Drift judges one distribution: 1 us.
func (j Judgement) Drift(d *snapshot.Distribution) Drift {
	v := Drift{KL: d.KL, Test: j.test(d), DesignEffect: d.DesignEffect}
	if j.Sequential {
		v.Detection = d.Detection
	}
	switch {
	case j.Sequential && d.Detection != nil:
		v.Detected = &d.Detection.Detected
	case !j.Sequential && v.Test != nil && v.Test.PValue != nil:
		detected := *v.Test.PValue < j.Significance && v.Test.Corrected > j.Tolerance
		v.Detected = &detected
	}
	return v
}

// test compares a distribution with its null, and by its blocks when that is asked for.
func (j Judgement) test(d *snapshot.Distribution) *Test {
	if d.Null == nil || d.KL == nil {
		return nil
	}
	t := d.Null.Test(*d.KL, d.Total, d.ReferenceTotal)
	v := &Test{NoiseFloor: t.NoiseFloor, Corrected: max(0, *d.KL-t.NoiseFloor), PValue: &t.PValue}
	v.Severity = drift.Severity(v.Corrected)
	if j.Blocks {
		v.PValue = nil
		if d.BlockTest != nil {
			v.PValue = known(d.BlockTest.PValue)
		}
	}
	return v
}

// known is a number, nil for one that is not.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
