package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var termLabels = labels("model", "version", "feature", "term")

var (
	impact = prometheus.NewDesc("feature_accuracy_impact",
		"Change of accuracy since the reference, -1 to 1, by term: covariate (changed shares of the bins) or within_bin (changed accuracy inside them). Absent without outcomes; do not add over features.",
		termLabels.given, nil)
	impactError = prometheus.NewDesc("feature_accuracy_impact_standard_error",
		"Standard error of feature_accuracy_impact, 0 to 1. Absent where feature_accuracy_impact is.",
		termLabels.given, nil)
	binChange = prometheus.NewDesc("feature_accuracy_bin_change",
		"Change of accuracy since the reference, -1 to 1, in the feature's bin where it is most certain. Absent until a bin has 5 predictions with feedback.",
		binLabels.given, nil)
	binZ = prometheus.NewDesc("feature_accuracy_bin_z",
		"Value of feature_accuracy_bin_change in standard errors; beyond 3 by chance about once in 40. Absent until a bin has 5 predictions with feedback.",
		binLabels.given, nil)
)

// accuracyImpact exports how much of a change of accuracy each feature explains.
type accuracyImpact struct{}

// Name implements Collector.
func (accuracyImpact) Name() string { return "accuracy_impact" }

// Collect implements Collector.
func (accuracyImpact) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j, a := range assess.ImpactsOf(m) {
			feature := m.Features()[j].Name
			for _, t := range []struct {
				name string
				term assess.Term
			}{{"covariate", a.Covariate}, {"within_bin", a.WithinBin}} {
				labels := termLabels.with(m.Name, m.Version, feature, t.name)
				known(ch, impact, t.term.Value, labels)
				known(ch, impactError, t.term.StandardError, labels)
			}
			if e := a.Extreme; e != nil {
				labels := binLabels.with(m.Name, m.Version, feature, e.Bin)
				known(ch, binChange, e.Change, labels)
				known(ch, binZ, e.Z, labels)
			}
		}
	}
}
