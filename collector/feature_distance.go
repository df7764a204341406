package collector

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var featureDistanceDesc = prometheus.NewDesc("feature_drift_distance",
	"Distance of the feature's window from the reference by another measure, at least 0, with sampling noise; STATISTICS.md has the units. Absent while the window is empty.",
	[]string{"distance", "model", "version", "feature"}, nil)

var distanceLabel = "distance"

// distanceOf is one value of the label distance.
func distanceOf(name string) *dto.LabelPair {
	return &dto.LabelPair{Name: &distanceLabel, Value: &name}
}

var (
	psi               = distanceOf("psi")
	jensenShannon     = distanceOf("jensen_shannon")
	hellinger         = distanceOf("hellinger")
	totalVariation    = distanceOf("total_variation")
	kolmogorovSmirnov = distanceOf("kolmogorov_smirnov")
	wasserstein       = distanceOf("wasserstein")
)

// featureDistance exports the distance of each feature from the reference by several
// measures.
type featureDistance struct{}

// Name implements Collector.
func (featureDistance) Name() string { return "feature_distance" }

// Collect implements Collector.
func (featureDistance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features() {
			d := &m.Features()[j]
			v := assess.DistancesOf(d)
			if v == nil {
				continue
			}
			labels := featureLabels.with(m.Name, m.Version, d.Name)
			gauge(ch, featureDistanceDesc, v.PSI, prepend(psi, labels))
			gauge(ch, featureDistanceDesc, v.JensenShannon, prepend(jensenShannon, labels))
			gauge(ch, featureDistanceDesc, v.Hellinger, prepend(hellinger, labels))
			gauge(ch, featureDistanceDesc, v.TotalVariation, prepend(totalVariation, labels))
			known(ch, featureDistanceDesc, v.KolmogorovSmirnov, prepend(kolmogorovSmirnov, labels))
			known(ch, featureDistanceDesc, v.Wasserstein, prepend(wasserstein, labels))
		}
	}
}
