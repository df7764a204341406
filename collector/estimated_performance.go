package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var methodLabels = labels("model", "version", "method")

var (
	estimatedAccuracy = prometheus.NewDesc("model_estimated_accuracy",
		"Share of correct predictions in the window as it is to be expected from their scores, without feedback, 0 to 1, higher is better; blind, by construction, to a change in what a score means (concept drift); absent without scores.",
		modelLabels.given, nil)
	estimatedLower = prometheus.NewDesc("model_estimated_accuracy_lower",
		"Lower end of the range, 0 to 1, that holds the accuracy these predictions will turn out to have had in 95 % of cases, if scores mean what they meant in the reference.",
		modelLabels.given, nil)
	estimatedUpper = prometheus.NewDesc("model_estimated_accuracy_upper",
		"Upper end of the range of model_estimated_accuracy_lower, 0 to 1.",
		modelLabels.given, nil)
	estimateInfo = prometheus.NewDesc("model_estimated_accuracy_info",
		"How accuracy is estimated, always 1: method calibrated (from the reference's accuracy by bin of the score) or, where the reference has no outcomes, cbpe (from the scores as they are, which must be calibrated).",
		methodLabels.given, nil)
	surprise = prometheus.NewDesc("model_accuracy_surprise",
		"Accuracy minus estimated accuracy of the same predictions, those with feedback and a score in the window of model_accuracy, -1 to 1: below 0 the model errs more than its scores explain, which is concept drift; absent without any.",
		modelLabels.given, nil)
	surpriseLower = prometheus.NewDesc("model_accuracy_surprise_lower",
		"Lower end of the 95 % interval of model_accuracy_surprise.",
		modelLabels.given, nil)
	surpriseUpper = prometheus.NewDesc("model_accuracy_surprise_upper",
		"Upper end of the 95 % interval of model_accuracy_surprise; below 0, the model is worse than its scores explain.",
		modelLabels.given, nil)
)

// estimatedPerformance tells how right the model may be before outcomes are
// known, and by how much those that are known differ from that.
type estimatedPerformance struct{}

// Name implements Collector.
func (estimatedPerformance) Name() string { return "estimated_performance" }

// Collect implements Collector.
func (estimatedPerformance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		if e := assess.EstimateOf(m); e != nil {
			interval(ch, estimatedAccuracy, estimatedLower, estimatedUpper, &e.Accuracy, labels)
			gauge(ch, estimateInfo, 1, methodLabels.with(m.Name, m.Version, e.Method))
		}
		interval(ch, surprise, surpriseLower, surpriseUpper, assess.SurpriseOf(m), labels)
	}
}
