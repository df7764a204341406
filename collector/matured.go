package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	labelMaturity = prometheus.NewDesc("model_label_maturity_seconds",
		"Age in seconds (resolution 9 %) at which 95 % of the predictions have their outcome, or --window.maturity. Absent if fewer have one within the look-back.",
		modelLabels.given, nil)
	maturedCoverage = prometheus.NewDesc("model_matured_coverage_ratio",
		"Share of the matured predictions, those older than model_label_maturity_seconds, whose outcome is known, 0 to 1. Absent without matured predictions.",
		modelLabels.given, nil)
	maturedSamples = prometheus.NewDesc("model_matured_accuracy_samples",
		"Number of predictions older than model_label_maturity_seconds with an outcome. Absent if that age is not known.",
		modelLabels.given, nil)
	maturedAccuracy = prometheus.NewDesc("model_matured_accuracy",
		"Share of correct predictions among those older than model_label_maturity_seconds, 0 to 1; not biased by early outcomes. Absent if fewer than 80 % of them have an outcome.",
		modelLabels.given, nil)
	maturedLower = prometheus.NewDesc("model_matured_accuracy_lower",
		"Lower end of the 95 % Wilson interval of model_matured_accuracy, 0 to 1. Absent where model_matured_accuracy is.",
		modelLabels.given, nil)
	maturedUpper = prometheus.NewDesc("model_matured_accuracy_upper",
		"Upper end of the 95 % Wilson interval of model_matured_accuracy, 0 to 1. Absent where model_matured_accuracy is.",
		modelLabels.given, nil)
)

// sendMatured sends the accuracy over predictions that are old enough to have outcomes.
func sendMatured(m *snapshot.Model, ch chan<- prometheus.Metric) {
	c := assess.MaturedOf(m)
	if c == nil {
		return
	}
	labels := ofModel(m)
	gauge(ch, labelMaturity, c.Age.Seconds(), labels)
	known(ch, maturedCoverage, c.Coverage, labels)
	gauge(ch, maturedSamples, float64(c.Samples), labels)
	interval(ch, maturedAccuracy, maturedLower, maturedUpper, c.Accuracy, labels)
}
