package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var termLabels = labels("model", "version", "feature", "term")

var (
	impact = prometheus.NewDesc("feature_accuracy_impact",
		"Change of accuracy against the reference, -1 to 1, below 0 is worse, by term: covariate, from the window's other shares of the feature's bins, without feedback; within_bin, from other accuracies in the bins, of the predictions with feedback in the window of model_accuracy. Features overlap: do not add over them.",
		termLabels.given, nil)
	impactError = prometheus.NewDesc("feature_accuracy_impact_standard_error",
		"Standard error of feature_accuracy_impact, in the same unit.",
		termLabels.given, nil)
	binChange = prometheus.NewDesc("feature_accuracy_bin_change",
		"Change of accuracy, -1 to 1, below 0 is worse, in the bin of the feature where it is most certain, of the predictions with feedback in the window of model_accuracy; absent until a bin has 5 of them.",
		binLabels.given, nil)
	binZ = prometheus.NewDesc("feature_accuracy_bin_z",
		"Value of feature_accuracy_bin_change in standard errors; as the most extreme of a feature's bins it reaches 3 by chance about once in 40, and the feature in which something broke has the greatest.",
		binLabels.given, nil)
)

// accuracyImpact tells what each feature has to do with a change of accuracy.
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
