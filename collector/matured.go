package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	labelMaturity = prometheus.NewDesc("model_label_maturity_seconds",
		"Age at which 95 % of the predictions have their outcome, in seconds, to the next 9 %, or --window.maturity; absent while less than 95 % come within the look-back.",
		modelLabels.given, nil)
	maturedCoverage = prometheus.NewDesc("model_matured_coverage_ratio",
		"Share of the predictions in the look-back older than model_label_maturity_seconds whose outcome is known, 0 to 1; absent when there is none.",
		modelLabels.given, nil)
	maturedSamples = prometheus.NewDesc("model_matured_accuracy_samples",
		"Predictions with outcome in the look-back older than model_label_maturity_seconds; absent while that is not known.",
		modelLabels.given, nil)
	maturedAccuracy = prometheus.NewDesc("model_matured_accuracy",
		"Share of correct predictions, 0 to 1, higher is better, among all in the look-back older than model_label_maturity_seconds, which outcomes that come early do not bias; absent while less than 80 % of these have an outcome.",
		modelLabels.given, nil)
	maturedLower = prometheus.NewDesc("model_matured_accuracy_lower",
		"Lower end of the 95 % Wilson score interval of model_matured_accuracy, 0 to 1.",
		modelLabels.given, nil)
	maturedUpper = prometheus.NewDesc("model_matured_accuracy_upper",
		"Upper end of the 95 % Wilson score interval of model_matured_accuracy, 0 to 1.",
		modelLabels.given, nil)
)

// sendMatured tells how right the model was where the outcomes are in.
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
