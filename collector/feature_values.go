package collector

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/config"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// featureValueHelp is the same for every feature: several models may have a feature of one
// name, and a metric has only one help text.
const featureValueHelp = "Newest value of this numeric feature, in its own unit: a single request's value, which --no-collector.feature_values disables. Absent without a value, or if another feature has the name."

// featureValues exports the newest value of each numeric feature. The metrics are named
// after the features. If two features of a model would get the same name, the second is
// left out.
type featureValues struct{}

// Name implements Collector.
func (featureValues) Name() string { return "feature_values" }

// Collect implements Collector.
func (featureValues) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		taken := map[string]bool{}
		for j := range m.Features() {
			d := &m.Features()[j]
			if name := featureValueName(d.Name); d.Numeric && !taken[name] {
				taken[name] = true
				known(ch, prometheus.NewDesc(featureValueName(d.Name), featureValueHelp, modelLabels.given, nil), d.Last, labels)
			}
		}
	}
}

// SharedNames returns one sentence for each numeric feature of a reference that has no
// metric with its newest value, because an earlier feature has that metric name. Names of
// metrics have letters, digits and underscores only.
func SharedNames(r *reference.Reference) []string {
	var notes []string
	first := map[string]string{}
	for i := range r.Features {
		f := &r.Features[i]
		name := featureValueName(f.Name)
		if other, taken := first[name]; taken && f.Type == reference.Numeric {
			notes = append(notes, fmt.Sprintf("feature %q has no metric with its newest value: %s is that of feature %q; rename one to have both", f.Name, name, other))
		} else if f.Type == reference.Numeric {
			first[name] = f.Name
		}
	}
	return notes
}

// featureValueName is the name of the metric with a feature's newest value.
func featureValueName(feature string) string {
	return "model_feature_" + config.Escape(feature)
}
