package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	accuracy = prometheus.NewDesc("model_accuracy",
		"Share of correct predictions, 0 to 1, higher is better; over the predictions whose feedback came last (--window.feedback), absent without feedback.",
		modelLabels.given, nil)
	accuracyLower = prometheus.NewDesc("model_accuracy_lower",
		"Lower end of the 95 % Wilson score interval of model_accuracy, 0 to 1.",
		modelLabels.given, nil)
	accuracyUpper = prometheus.NewDesc("model_accuracy_upper",
		"Upper end of the 95 % Wilson score interval of model_accuracy, 0 to 1.",
		modelLabels.given, nil)
	accuracySamples = prometheus.NewDesc("model_accuracy_samples",
		"Predictions with feedback behind model_accuracy, at most --window.feedback; 0 without feedback.",
		modelLabels.given, nil)
	precision = prometheus.NewDesc("model_precision",
		"Share of the predictions of the positive class whose outcome was positive, 0 to 1, higher is better; over the same window as model_accuracy, absent when nothing positive was predicted.",
		modelLabels.given, nil)
	recall = prometheus.NewDesc("model_recall",
		"Share of the positive outcomes that were predicted, 0 to 1, higher is better; over the same window as model_accuracy, absent when no outcome was positive.",
		modelLabels.given, nil)
	f1Score = prometheus.NewDesc("model_f1_score",
		"Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN), 0 to 1, higher is better; over the same window as model_accuracy, absent when nothing positive was predicted or came out.",
		modelLabels.given, nil)
	rocAUC = prometheus.NewDesc("model_roc_auc",
		"Area under the ROC curve: probability that a positive outcome had the higher score, 0 to 1, higher is better, 0.5 is chance; over the same window as model_accuracy, absent until there are outcomes of both kinds with a score.",
		modelLabels.given, nil)
	brierScore = prometheus.NewDesc("model_brier_score",
		"Mean squared difference between score and outcome, 0 to 1, lower is better; over the same window as model_accuracy, absent without scores.",
		modelLabels.given, nil)
	calibrationError = prometheus.NewDesc("model_expected_calibration_error",
		"Difference between scores and the share of positive outcomes over ten equal bins of the score, 0 to 1, lower is better, 0.05 to 0.10 by chance on 100 predictions and a third of that on 1,000; over the same window as model_accuracy, absent without scores.",
		modelLabels.given, nil)
	scoreSamples = prometheus.NewDesc("model_score_samples",
		"Predictions with feedback and a score behind model_roc_auc, model_brier_score and model_expected_calibration_error; 0 without any.",
		modelLabels.given, nil)
)

// performance tells how right the model was, by the outcomes fed back.
type performance struct{}

// Name implements Collector.
func (performance) Name() string { return "performance" }

// Collect implements Collector.
func (performance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		p := assess.PerformanceOf(m)
		if p == nil {
			continue
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
		sendFeedback(m, ch)
		sendMatured(m, ch)
	}
}
