// Package assess turns a snapshot into verdicts: how far each feature has moved and
// whether that counts as drift, how accurate the model is and within which bounds, and
// how much of a change of accuracy each feature explains. Every function depends on its
// arguments only. Results are plain values without NaN; what is unknown is nil. The
// metrics, replay and pages for people show the same assessment.
package assess

import (
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Judgement says when a divergence counts as drift: when the sequential detector
// says so, or else when it is both improbable without drift and large enough to
// matter.
type Judgement struct {
	// Sequential means that the detector decides, and Significance and Tolerance do not.
	Sequential bool
	// Significance is the p-value below which a divergence is improbable, between 0
	// and 1.
	Significance float64
	// Blocks takes the p-value from blocks of neighbouring predictions, which may
	// depend on each other, instead of the null distribution.
	Blocks bool
	// Tolerance is the corrected divergence, in nats, above which it matters.
	Tolerance float64
	// Retraining says when retraining is recommended.
	Retraining Retraining
	// MaxSegments is the maximum number of slices of a model and version that are shown.
	MaxSegments int
}

// Drift is the comparison of one distribution with its reference.
type Drift struct {
	// KL is D(reference || window) in nats, nil when the window is empty.
	KL *float64 `json:"kl,omitempty"`
	// Test compares KL with the divergence that sampling alone causes. It is nil below
	// drift.MinPredictions rows, or when the null distribution was not ready in time.
	Test *Test `json:"test,omitempty"`
	// DesignEffect is the variance of the shares between blocks of neighbouring rows,
	// relative to independent rows, at least 1. It is nil with too few rows, or without a
	// detector.
	DesignEffect *float64 `json:"design_effect,omitempty"`
	// Detected says whether the Judgement counts it as drift, nil while that is unknown.
	Detected *bool `json:"detected,omitempty"`
	// Since is when the alarm began that is on; nil without one, and when it is not known.
	Since *time.Time `json:"since,omitempty"`
	// Detection is the state of the sequential detector. It is nil when the detector does
	// not decide, and until it has seen enough rows.
	Detection *snapshot.Detection `json:"detection,omitempty"`
}

// Test compares one divergence with its null distribution.
type Test struct {
	// NoiseFloor is the expected divergence without drift, and Corrected the divergence
	// above it, both in nats.
	NoiseFloor float64 `json:"noise_floor"`
	Corrected  float64 `json:"corrected"`
	// Severity is the size of Corrected: 0 minimal, 1 moderate, 2 significant.
	Severity int `json:"severity"`
	// PValue is the probability of a divergence at least as large without drift. With
	// Blocks it is nil when there are too few rows.
	PValue *float64 `json:"p_value,omitempty"`
	// Adjusted is PValue adjusted for the number of features of the model; nil for
	// the score and the class.
	Adjusted *float64 `json:"adjusted_p_value,omitempty"`
}

// Drift assesses one distribution in 1 us.
func (j Judgement) Drift(d *snapshot.Distribution) Drift {
	v := Drift{KL: d.KL, Test: j.test(d), DesignEffect: d.DesignEffect, Since: j.since(d)}
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

// test compares a distribution with its null distribution, or by its blocks if the
// Judgement says so.
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

// known returns x, or nil if it is not finite.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
