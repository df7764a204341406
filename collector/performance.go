package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	accuracy = prometheus.NewDesc("model_accuracy",
		"Share of correct predictions, 0 to 1, among the --window.feedback predictions whose feedback arrived last. Absent without feedback.",
		modelLabels.given, nil)
	accuracyLower = prometheus.NewDesc("model_accuracy_lower",
		"Lower end of the 95 % Wilson interval of model_accuracy, 0 to 1. Absent without feedback.",
		modelLabels.given, nil)
	accuracyUpper = prometheus.NewDesc("model_accuracy_upper",
		"Upper end of the 95 % Wilson interval of model_accuracy, 0 to 1. Absent without feedback.",
		modelLabels.given, nil)
	accuracySamples = prometheus.NewDesc("model_accuracy_samples",
		"Number of predictions in model_accuracy, 0 to --window.feedback. Absent if the log cannot be read.",
		modelLabels.given, nil)
	precision = prometheus.NewDesc("model_precision",
		"Share of positive predictions whose outcome was positive, 0 to 1, over the predictions of model_accuracy; multiclass: mean over the classes. Absent if none was predicted positive.",
		modelLabels.given, nil)
	recall = prometheus.NewDesc("model_recall",
		"Share of positive outcomes that were predicted, 0 to 1, over the predictions of model_accuracy; multiclass: mean over the classes. Absent if no outcome was positive.",
		modelLabels.given, nil)
	f1Score = prometheus.NewDesc("model_f1_score",
		"Harmonic mean of precision and recall, 0 to 1, over the predictions of model_accuracy; multiclass: mean over the classes. Absent if nothing positive was predicted or observed.",
		modelLabels.given, nil)
	rocAUC = prometheus.NewDesc("model_roc_auc",
		"Area under the ROC curve, 0 to 1 (0.5 is chance), over the predictions of model_accuracy with a score. Binary only. Absent until both outcomes have occurred.",
		modelLabels.given, nil)
	brierScore = prometheus.NewDesc("model_brier_score",
		"Mean squared difference of score and outcome, 0 to 1, lower is better, over the predictions of model_accuracy with a score. Binary only. Absent without them.",
		modelLabels.given, nil)
	calibrationError = prometheus.NewDesc("model_expected_calibration_error",
		"Difference of scores and positive share (multiclass: share of right ones) over ten bins, 0 to 1; 0.05 to 0.10 by noise alone with 100 predictions. Absent without feedback on scored predictions.",
		modelLabels.given, nil)
	scoreSamples = prometheus.NewDesc("model_score_samples",
		"Number of predictions in model_roc_auc, model_brier_score and model_expected_calibration_error, 0 to --window.feedback. Absent if the log cannot be read.",
		modelLabels.given, nil)
)

// performance exports how accurate the model was, by the outcomes in feedback.
type performance struct{ most int }

// Name implements Collector.
func (performance) Name() string { return "performance" }

// Collect implements Collector.
func (c performance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		if m.Counters == nil {
			continue
		}
		sendAccuracy(m, ch)
		sendFeedback(m, c.most, ch)
		sendMatured(m, ch)
	}
}

// sendAccuracy sends what is known of the feedback window of a model that predicts classes.
func sendAccuracy(m *snapshot.Model, ch chan<- prometheus.Metric) {
	p := assess.PerformanceOf(m)
	if p == nil {
		return
	}
	labels := ofModel(m)
	gauge(ch, accuracySamples, float64(p.Samples), labels)
	interval(ch, accuracy, accuracyLower, accuracyUpper, p.Accuracy, labels)
	known(ch, precision, p.Precision, labels)
	known(ch, recall, p.Recall, labels)
	known(ch, f1Score, p.F1, labels)
	gauge(ch, scoreSamples, float64(p.Scored), labels)
	known(ch, rocAUC, p.ROCAUC, labels)
	known(ch, brierScore, p.BrierScore, labels)
	known(ch, calibrationError, p.CalibrationError, labels)
}
