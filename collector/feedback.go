package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

var (
	feedbackLabels   = labels("model", "version", "predicted", "actual")
	correctionLabels = labels("model", "version", "by")
)

var (
	feedbackTotal = prometheus.NewDesc("model_feedback_total",
		"Accepted feedback records since the log was created, by predicted class and actual outcome; other classes are __other__, and both are empty for a regression. Absent if the log cannot be read.",
		feedbackLabels.given, nil)
	feedbackInvalid = prometheus.NewDesc("model_feedback_invalid_total",
		"Feedback records since the log was created whose outcome is none of the model's classes, or no finite number for a regression; they are not counted as outcomes. Absent if the log cannot be read.",
		modelLabels.given, nil)
	feedbackCorrections = prometheus.NewDesc("model_feedback_corrections_total",
		"Accepted feedback records that replaced another outcome of the same prediction, since the log was created, by same_source, higher_confidence or other_source. Absent if the log cannot be read.",
		correctionLabels.given, nil)
	feedbackCoverage = prometheus.NewDesc("model_feedback_coverage_ratio",
		"Share of the window whose outcome is known, 0 to 1. Absent while the window is empty.",
		modelLabels.given, nil)
	feedbackDelay = prometheus.NewDesc("model_feedback_delay_seconds",
		"Seconds from a prediction to its outcome (observed_at, else arrival), over accepted feedback since the log was created. Absent if the log cannot be read.",
		modelLabels.given, nil)
)

// sendFeedback sends counts, delays and coverage of feedback.
func sendFeedback(m *snapshot.Model, most int, ch chan<- prometheus.Metric) {
	counts, invalid := classesOf(m, most).feedback(m.Counters.Feedback)
	if !m.Type.HasClasses() {
		counts, invalid = numbers(m.Counters.Feedback)
	}
	counter(ch, feedbackInvalid, invalid, ofModel(m))
	for o, n := range counts {
		counter(ch, feedbackTotal, n, feedbackLabels.with(m.Name, m.Version, o.Predicted, o.Actual))
	}
	for by, n := range byName(m.Counters.Corrections, predictionlog.Corrections) {
		counter(ch, feedbackCorrections, n, correctionLabels.with(m.Name, m.Version, by))
	}
	known(ch, feedbackCoverage, assess.CoverageOf(m), ofModel(m))
	histogram(ch, feedbackDelay, &m.Counters.Delays, predictionlog.DelayBounds, 1e3, m)
}
