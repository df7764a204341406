package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	binPredictions = prometheus.NewDesc("feature_window_bin_predictions",
		"Predictions of the window by bin of the feature; add them over replicas. Absent while the window is empty.",
		binLabels.given, nil)
	binSamples = prometheus.NewDesc("feature_reference_bin_samples",
		"Rows of the reference by bin of the feature. Absent without a reference.",
		binLabels.given, nil)
)

// featureCounts exports the counts by bin that the divergences are computed from.
type featureCounts struct{}

// Name implements Collector.
func (featureCounts) Name() string { return "feature_counts" }

// Collect implements Collector.
func (featureCounts) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features() {
			d := &m.Features()[j]
			for k, bin := range d.Binning.Bins() {
				labels := binLabels.with(m.Name, m.Version, d.Name, bin)
				gauge(ch, binPredictions, float64(d.BinCounts[k]), labels)
				gauge(ch, binSamples, float64(d.BinReference[k]), labels)
			}
		}
	}
}
