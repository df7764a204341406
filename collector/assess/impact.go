package assess

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Impact splits a change of accuracy by the bins of one feature. Each feature splits the
// same change: do not add over features.
type Impact struct {
	// Covariate is caused by changed shares of the feature's bins, WithinBin by changed
	// accuracies inside the bins.
	Covariate Term `json:"covariate"`
	WithinBin Term `json:"within_bin"`
	// Extreme is the bin whose accuracy changed most, nil until a bin has 5 outcomes.
	Extreme *ExtremeBin `json:"extreme_bin,omitempty"`
}

// Term is a change of accuracy, -1 to 1, and its standard error; each is nil if unknown.
type Term struct {
	Value         *float64 `json:"value,omitempty"`
	StandardError *float64 `json:"standard_error,omitempty"`
}

// ExtremeBin is the bin of a feature where a change of accuracy is most certain.
type ExtremeBin struct {
	Bin string `json:"bin"`
	// Change is the change of accuracy, -1 to 1; Z is Change in standard errors.
	Change *float64 `json:"change,omitempty"`
	Z      *float64 `json:"z,omitempty"`
}

// ImpactsOf attributes the change of a model's accuracy to its features, in their order.
// It returns nil before there are outcomes.
func ImpactsOf(m *snapshot.Model) []Impact {
	if m.Outcomes == nil || len(m.Outcomes.Features) != len(m.Features()) {
		return nil
	}
	all := make([]Impact, len(m.Features()))
	for i := range all {
		d := &m.Features()[i]
		a := drift.Attribute(accuracyBins(d, &m.Outcomes.Features[i]))
		all[i] = Impact{
			Covariate: Term{known(a.Covariate), known(a.CovariateError)},
			WithinBin: Term{known(a.Within), known(a.WithinError)},
		}
		if a.Extreme >= 0 {
			all[i].Extreme = &ExtremeBin{d.Binning.Bins()[a.Extreme], known(a.Change), known(a.Z)}
		}
	}
	return all
}

// accuracyBins combines the outcomes and the counts of a feature.
func accuracyBins(d *snapshot.Distribution, o *snapshot.BinOutcomes) []drift.AccuracyBin {
	bins := make([]drift.AccuracyBin, len(d.BinCounts))
	for b := range bins {
		bins[b] = drift.AccuracyBin{
			Reference: d.BinReference[b], Window: d.BinCounts[b],
			Known: o.Known[b], KnownRight: o.KnownRight[b], Expected: math.NaN(),
			Labelled: o.Labelled[b], Right: o.Right[b],
		}
		if o.Expected != nil {
			bins[b].Expected = o.Expected[b]
		}
	}
	return bins
}
