package collector

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// rule says when a divergence counts as drift: when the sequential detector
// says so, or else when it is both improbable without drift and large enough to
// matter.
type rule struct {
	// sequential asks the detector; significance and tolerance are then its own.
	sequential bool
	// significance is the p-value below which a divergence is improbable.
	significance float64
	// block takes the p-value from blocks of neighbouring predictions, which may
	// depend on each other, and not from the null.
	block bool
	// tolerance is the corrected divergence, in nats, above which it matters.
	tolerance float64
}

// rule returns the rule that the options ask for.
func (o *Options) rule() rule {
	return rule{sequential: o.Sequential, significance: o.Significance, tolerance: o.Tolerance, block: o.Block}
}

// verdict is what the null distribution says about one divergence.
type verdict struct {
	// noiseFloor is the divergence to expect without drift, corrected what is
	// left above it, both in nats.
	noiseFloor, corrected float64
	// pValue is NaN when it is unknown: of blocks, when there are too few rows.
	pValue float64
}

// judge compares a distribution with its null, and by its blocks when the rule
// says so. It reports false without one:
// below drift.MinPredictions rows, or when it could not be built in time.
func (r rule) judge(d *snapshot.Distribution) (verdict, bool) {
	if d.Null == nil || d.KL == nil {
		return verdict{}, false
	}
	t := d.Null.Test(*d.KL, d.Total, d.ReferenceTotal)
	v := verdict{noiseFloor: t.NoiseFloor, corrected: max(0, *d.KL-t.NoiseFloor), pValue: t.PValue}
	if r.block {
		v.pValue = math.NaN()
		if d.BlockTest != nil {
			v.pValue = d.BlockTest.PValue
		}
	}
	return v, true
}

// detected reports whether a distribution has drifted, and whether that is known.
func (r rule) detected(d *snapshot.Distribution) (drifted, known bool) {
	if r.sequential {
		return d.Detection != nil && d.Detection.Detected, d.Detection != nil
	}
	v, known := r.judge(d)
	known = known && !math.IsNaN(v.pValue)
	return known && v.pValue < r.significance && v.corrected > r.tolerance, known
}
