package collector

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/config"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// featureValueHelp is the same for every feature: models may share a feature,
// and one metric has one help.
const featureValueHelp = "Newest value of this numeric feature, in its own unit: a single request's value, which --no-collector.feature_values disables. Absent without a value, or if another feature has the name."

// featureValues shows the newest value of each numeric feature. The metrics are
// named by the features; of two of one model that would share a name the first has it,
// and the other is left out.
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

// SharedNames says, a sentence each, which numeric features of a reference have no
// metric with their newest value, because an earlier one has its name: letters, digits
// and underscores are all that a name can have of theirs.
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
