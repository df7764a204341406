package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	challengerLabels = labels("model", "version", "challenger")
	betterLabels     = labels("model", "version", "challenger", "better")
)

var (
	challengerSamples = prometheus.NewDesc("model_challenger_samples",
		"Number of matured outcomes since the look-back began on which a shadow (challenger) is compared with the version that it shadows. Absent without a shadow.",
		challengerLabels.given, nil)
	challengerEvidence = prometheus.NewDesc("model_challenger_evidence",
		"Evidence in nats that the version which the label better names is the better one, valid at any time of one look-back: 3 nats are 20 to 1, 4.6 are 100 to 1. Absent without a shadow.",
		betterLabels.given, nil)
	challengerDifference = prometheus.NewDesc("model_challenger_accuracy_difference",
		"Accuracy of the shadow (challenger) minus that of the version that it shadows, on the same outcomes, -1 to 1. Absent without such outcomes.",
		challengerLabels.given, nil)
	challengerLower = prometheus.NewDesc("model_challenger_accuracy_difference_lower",
		"Lower end of the 95 % interval of model_challenger_accuracy_difference, -1 to 1, which holds at all times together. Absent where the difference is.",
		challengerLabels.given, nil)
	challengerUpper = prometheus.NewDesc("model_challenger_accuracy_difference_upper",
		"Upper end of the 95 % interval of model_challenger_accuracy_difference, -1 to 1, which holds at all times together. Absent where the difference is.",
		challengerLabels.given, nil)
	challengerError = prometheus.NewDesc("model_challenger_error_difference",
		"Mean absolute error of a regression's shadow minus that of the version that it shadows, each difference limited to the reference's 99 % quantile; below 0 the shadow is better. Absent without outcomes.",
		challengerLabels.given, nil)
	challengerErrorLower = prometheus.NewDesc("model_challenger_error_difference_lower",
		"Lower end of the 95 % interval of model_challenger_error_difference, which holds at all times together. Absent where the difference is.",
		challengerLabels.given, nil)
	challengerErrorUpper = prometheus.NewDesc("model_challenger_error_difference_upper",
		"Upper end of the 95 % interval of model_challenger_error_difference, which holds at all times together. Absent where the difference is.",
		challengerLabels.given, nil)
)

// challenger exports how shadows compare with the versions that they shadow.
type challenger struct{}

// Name implements Collector.
func (challenger) Name() string { return "challenger" }

// Collect implements Collector.
func (challenger) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for _, c := range assess.ChallengersOf(m) {
			labels := challengerLabels.with(m.Name, m.Version, c.Version)
			gauge(ch, challengerSamples, float64(c.Labels), labels)
			gauge(ch, challengerEvidence, c.Better, betterLabels.with(m.Name, m.Version, c.Version, "challenger"))
			gauge(ch, challengerEvidence, c.Worse, betterLabels.with(m.Name, m.Version, c.Version, "served"))
			if m.Type.HasClasses() {
				interval(ch, challengerDifference, challengerLower, challengerUpper, c.Difference, labels)
			} else {
				interval(ch, challengerError, challengerErrorLower, challengerErrorUpper, c.Difference, labels)
			}
		}
	}
}
