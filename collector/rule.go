package collector

import "github.com/drift-exporter/drift_exporter/collector/window"

// rule says when a divergence counts as drift: it must be both improbable
// without drift and large enough to matter.
type rule struct {
	// significance is the p-value below which a divergence is improbable.
	significance float64
	// tolerance is the corrected divergence, in nats, above which it matters.
	tolerance float64
}

// verdict is what the null distribution says about one divergence.
type verdict struct {
	// noiseFloor is the divergence to expect without drift, corrected what is
	// left above it, both in nats.
	noiseFloor, corrected float64
	pValue                float64
	drifted               bool
}

// judge compares a distribution with its null. It reports false without one:
// below drift.MinPredictions rows, or when it could not be built in time.
func (r rule) judge(d *window.Distribution) (verdict, bool) {
	if d.Null == nil {
		return verdict{}, false
	}
	t := d.Null.Test(d.KL, d.Total, d.ReferenceTotal)
	v := verdict{noiseFloor: t.NoiseFloor, corrected: max(0, d.KL-t.NoiseFloor), pValue: t.PValue}
	v.drifted = v.pValue < r.significance && v.corrected > r.tolerance
	return v, true
}
