package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var predictedLabels = labels("model", "version", "predicted")

var (
	classCoverage = prometheus.NewDesc("model_feedback_class_coverage_ratio",
		"Share of the window's predictions of one class whose outcome is known, 0 to 1; below a tenth of the other's, accuracy says nothing of this class. Binary only. Absent if the window has none.",
		predictedLabels.given, nil)
	oneSided = prometheus.NewDesc("model_feedback_one_sided",
		"1 if outcomes of one predicted class arrive less than a tenth as often as of the other, so that accuracy says nothing of it; else 0. Absent if fewer than 10 would be expected.",
		modelLabels.given, nil)
	classAccuracy = prometheus.NewDesc("model_class_accuracy",
		"Share of correct predictions, 0 to 1, among those of model_accuracy that predicted this class. Binary only. Absent without any.",
		predictedLabels.given, nil)
	classAccuracyLower = prometheus.NewDesc("model_class_accuracy_lower",
		"Lower end of the 95 % Wilson interval of model_class_accuracy, 0 to 1. Absent where model_class_accuracy is.",
		predictedLabels.given, nil)
	classAccuracyUpper = prometheus.NewDesc("model_class_accuracy_upper",
		"Upper end of the 95 % Wilson interval of model_class_accuracy, 0 to 1. Absent where model_class_accuracy is.",
		predictedLabels.given, nil)
	classAccuracySamples = prometheus.NewDesc("model_class_accuracy_samples",
		"Number of predictions in model_class_accuracy, 0 to --window.feedback. Binary only. Absent if the log cannot be read.",
		predictedLabels.given, nil)
	exploredAccuracy = prometheus.NewDesc("model_explored_accuracy",
		"Share of correct predictions of this class, 0 to 1, by those that --explore answered with the other class: unbiased even where outcomes depend on the answer. Absent without them.",
		predictedLabels.given, nil)
	exploredAccuracyLower = prometheus.NewDesc("model_explored_accuracy_lower",
		"Lower end of the 95 % interval of model_explored_accuracy, 0 to 1. Absent where model_explored_accuracy is.",
		predictedLabels.given, nil)
	exploredAccuracyUpper = prometheus.NewDesc("model_explored_accuracy_upper",
		"Upper end of the 95 % interval of model_explored_accuracy, 0 to 1. Absent where model_explored_accuracy is.",
		predictedLabels.given, nil)
	exploredAccuracySamples = prometheus.NewDesc("model_explored_accuracy_samples",
		"Number of predictions with an outcome in model_explored_accuracy, 0 to --window.feedback. Binary only. Absent if the log cannot be read.",
		predictedLabels.given, nil)
)

// selectiveLabels exports how outcomes depend on what was predicted.
type selectiveLabels struct{}

// Name implements Collector.
func (selectiveLabels) Name() string { return "selective_labels" }

// Collect implements Collector.
func (selectiveLabels) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		v := assess.SelectionOf(m)
		if v == nil {
			continue
		}
		if v.OneSided != nil {
			gauge(ch, oneSided, map[bool]float64{true: 1}[*v.OneSided != ""], ofModel(m))
		}
		for _, c := range v.Classes {
			of := predictedLabels.with(m.Name, m.Version, c.Class)
			known(ch, classCoverage, c.Coverage, of)
			gauge(ch, classAccuracySamples, float64(c.Samples), of)
			interval(ch, classAccuracy, classAccuracyLower, classAccuracyUpper, c.Accuracy, of)
			gauge(ch, exploredAccuracySamples, float64(c.Explored), of)
			interval(ch, exploredAccuracy, exploredAccuracyLower, exploredAccuracyUpper, c.ExploredAccuracy, of)
		}
	}
}
