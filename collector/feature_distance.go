package collector

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var featureDistanceDesc = prometheus.NewDesc("feature_drift_distance",
	"How far the window of a feature is from the reference; 0 is alike, higher is more drift, and the noise of small windows is part of it."+
		" psi, a divergence in nats, of floored shares; jensen_shannon, the divergence (not its square root) in nats, up to ln 2; hellinger and total_variation, distances up to 1;"+
		" of numbers kolmogorov_smirnov, a distance up to 1, and wasserstein, a distance in standard deviations of the reference, too small by 1 to 5 % for shifts up to 1 and by more when values lie beyond the reference's extremes."+
		" From the first prediction in the window.",
	[]string{"distance", "model", "version", "feature"}, nil)

// distance is one value of the label distance and what it measures.
type distance struct {
	label *dto.LabelPair
	of    func(d *snapshot.Distribution) float64
}

// distances lists the distances in the order in which they are shown.
var distances = []distance{
	measured("psi", func(d *snapshot.Distribution) float64 { return drift.PSI(d.Reference, d.Counts) }),
	measured("jensen_shannon", func(d *snapshot.Distribution) float64 { return drift.JensenShannon(d.Reference, d.Counts) }),
	measured("hellinger", func(d *snapshot.Distribution) float64 { return drift.Hellinger(d.Reference, d.Counts) }),
	measured("total_variation", func(d *snapshot.Distribution) float64 { return drift.TotalVariation(d.Reference, d.Counts) }),
	measured("kolmogorov_smirnov", func(d *snapshot.Distribution) float64 { return d.Axis.KolmogorovSmirnov(d.Fine) }),
	measured("wasserstein", func(d *snapshot.Distribution) float64 { return d.Axis.Wasserstein(d.Fine) }),
}

func measured(name string, of func(d *snapshot.Distribution) float64) distance {
	label := "distance"
	return distance{&dto.LabelPair{Name: &label, Value: &name}, of}
}

// featureDistance tells by several measures how far each feature has moved.
type featureDistance struct{}

// Name implements Collector.
func (featureDistance) Name() string { return "feature_distance" }

// Collect implements Collector.
func (featureDistance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features() {
			d := &m.Features()[j]
			if d.Total == 0 {
				continue
			}
			labels := featureLabels.with(m.Name, m.Version, d.Name)
			for k := range distances {
				gauge(ch, featureDistanceDesc, distances[k].of(d), prepend(distances[k].label, labels))
			}
		}
	}
}
