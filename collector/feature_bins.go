package collector

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	binShare = prometheus.NewDesc("feature_bin_share",
		"Share of the window in a bin of the feature, 0 to 1; the --bins.top bins that contribute most. Absent while the window is empty.",
		binLabels.given, nil)
	binReferenceShare = prometheus.NewDesc("feature_bin_reference_share",
		"Share of the reference in a bin of the feature, 0 to 1; the bins of feature_bin_share. Absent while the window is empty.",
		binLabels.given, nil)
	binContribution = prometheus.NewDesc("feature_bin_kl_contribution",
		"Contribution of a bin to feature_kl_divergence in nats, at least 0; all bins of a feature add up to it. Absent while the window is empty.",
		binLabels.given, nil)
)

// BinLimits bounds the series of single bins.
type BinLimits struct {
	// Top is the number of bins for each feature, largest contribution to its divergence
	// first; 0: all.
	Top int
	// Series is the maximum number of these series on a page; 0: no bound.
	Series int
}

// Validate returns an error that names the wrong flag.
func (l BinLimits) Validate() error {
	switch {
	case l.Top < 0:
		return fmt.Errorf("--bins.top=%d: must be at least 1, or 0 for all bins", l.Top)
	case l.Series < 0:
		return fmt.Errorf("--bins.max-series=%d: must be at least 1, or 0 for no bound", l.Series)
	}
	return nil
}

// featureBins exports which bins of a feature contribute to its divergence.
type featureBins struct {
	limits BinLimits
}

// Name implements Collector.
func (featureBins) Name() string { return "feature_bins" }

// Collect implements Collector.
func (c featureBins) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	kept, dropped := c.limits.choose(s)
	for i := range kept {
		b := &kept[i]
		label, value := "bin", LabelValue(b.Name)
		labels := prepend(&dto.LabelPair{Name: &label, Value: &value}, b.feature)
		gauge(ch, binShare, b.Share, labels)
		gauge(ch, binReferenceShare, b.ReferenceShare, labels)
		gauge(ch, binContribution, b.Contribution, labels)
	}
	gauge(ch, seriesDropped, float64(dropped), reasonLabels.with("bins"))
}

// seriesOfABin is the number of series of one bin.
const seriesOfABin = 3

// bin is one bin of a feature's window.
type bin struct {
	assess.Bin

	feature []*dto.LabelPair
}

// larger orders bins by contribution, largest first.
func larger(a, b bin) int { return cmp.Compare(b.Contribution, a.Contribution) }

// choose returns the bins to show, and the number of series omitted for the bound.
func (l BinLimits) choose(s *snapshot.Snapshot) (kept []bin, dropped int) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features() {
			d := &m.Features()[j]
			kept = append(kept, l.top(d, featureLabels.with(m.Name, m.Version, d.Name))...)
		}
	}
	if room := l.Series / seriesOfABin; l.Series > 0 && len(kept) > room {
		slices.SortStableFunc(kept, larger)
		dropped = (len(kept) - room) * seriesOfABin
		kept = kept[:room]
	}
	return kept, dropped
}

// top returns the bins of a feature that contribute most.
func (l BinLimits) top(d *snapshot.Distribution, feature []*dto.LabelPair) []bin {
	var bins []bin
	for _, b := range assess.BinsOf(d) {
		bins = append(bins, bin{b, feature})
	}
	if l.Top > 0 && len(bins) > l.Top {
		slices.SortStableFunc(bins, larger)
		bins = bins[:l.Top]
	}
	return bins
}
