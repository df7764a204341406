package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Distances are the distances of a window from its reference by other measures than KL.
type Distances struct {
	// PSI is in nats, computed from floored shares. JensenShannon is the divergence in
	// nats, up to ln 2. Hellinger and TotalVariation are at most 1.
	PSI            float64 `json:"psi"`
	JensenShannon  float64 `json:"jensen_shannon"`
	Hellinger      float64 `json:"hellinger"`
	TotalVariation float64 `json:"total_variation"`
	// KolmogorovSmirnov is at most 1, and Wasserstein is in standard deviations of the
	// reference. Both are nil for categories.
	KolmogorovSmirnov *float64 `json:"kolmogorov_smirnov,omitempty"`
	Wasserstein       *float64 `json:"wasserstein,omitempty"`
}

// DistancesOf measures a distribution, nil when its window is empty. 2 us.
func DistancesOf(d *snapshot.Distribution) *Distances {
	if d.Total == 0 {
		return nil
	}
	return &Distances{
		PSI:               drift.PSI(d.Reference, d.Counts),
		JensenShannon:     drift.JensenShannon(d.Reference, d.Counts),
		Hellinger:         drift.Hellinger(d.Reference, d.Counts),
		TotalVariation:    drift.TotalVariation(d.Reference, d.Counts),
		KolmogorovSmirnov: known(d.Axis.KolmogorovSmirnov(d.Fine)),
		Wasserstein:       known(d.Axis.Wasserstein(d.Fine)),
	}
}

// Bin is one exported bin of a distribution.
type Bin struct {
	Name string `json:"name"`
	// Share is the bin's share of the window, ReferenceShare that of the reference, 0 to 1.
	Share          float64 `json:"share"`
	ReferenceShare float64 `json:"reference_share"`
	// Contribution is the bin's part of KL in nats, at least 0.
	Contribution float64 `json:"contribution"`
}

// BinsOf returns the exported bins of a distribution in their order, none when its window
// is empty.
func BinsOf(d *snapshot.Distribution) []Bin {
	if d.Total == 0 {
		return nil
	}
	bins := make([]Bin, len(d.BinCounts))
	for i, name := range d.Binning.Bins() {
		bins[i] = Bin{
			Name:           name,
			Share:          float64(d.BinCounts[i]) / float64(d.Total),
			ReferenceShare: float64(d.BinReference[i]) / float64(d.ReferenceTotal),
		}
	}
	for cell, c := range drift.KLTerms(make([]float64, len(d.Counts)), d.Reference, d.Counts) {
		bins[d.Binning.BinOf(cell)].Contribution += c
	}
	return bins
}
