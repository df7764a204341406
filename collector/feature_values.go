package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/config"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// featureValueHelp is the same for every feature: models may share a feature,
// and one metric has one help.
const featureValueHelp = "Newest value of this numeric feature, in its own unit: a single request's value, which --no-collector.feature_values disables. Absent if the look-back has no value."

// featureValues shows the newest value of each numeric feature. The metrics are
// named by the features; a configuration in which two of one model would share a name is
// refused.
type featureValues struct{}

// Name implements Collector.
func (featureValues) Name() string { return "feature_values" }

// Collect implements Collector.
func (featureValues) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		for j := range m.Features() {
			d := &m.Features()[j]
			if d.Numeric {
				known(ch, prometheus.NewDesc(FeatureValueName(d.Name), featureValueHelp, modelLabels.given, nil), d.Last, labels)
			}
		}
	}
}

// FeatureValueName is the name of the metric with a feature's newest value.
func FeatureValueName(feature string) string {
	return "model_feature_" + config.Escape(feature)
}
