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
		"Accepted feedback records since the log began, by predicted class and actual outcome; classes that the reference does not know count as __other__.",
		feedbackLabels.given, nil)
	feedbackInvalid = prometheus.NewDesc("model_feedback_invalid_total",
		"Feedback records since the log began whose outcome is no class of the model; they count nowhere else.",
		modelLabels.given, nil)
	feedbackCorrections = prometheus.NewDesc("model_feedback_corrections_total",
		"Accepted feedback records that overruled another outcome of the same prediction, since the log began; by same_source (it changed its mind), higher_confidence (surer than any before) or other_source (as sure).",
		correctionLabels.given, nil)
	feedbackCoverage = prometheus.NewDesc("model_feedback_coverage_ratio",
		"Share of the predictions in the window whose outcome is known, 0 to 1; absent when the window is empty.",
		modelLabels.given, nil)
	feedbackDelay = prometheus.NewDesc("model_feedback_delay_seconds",
		"Time from a prediction until its outcome was observed, or came in when that is not said, in seconds; all accepted records since the log began.",
		modelLabels.given, nil)
)

// sendFeedback sends what feedback came in, when, and for how much of the window.
func sendFeedback(m *snapshot.Model, ch chan<- prometheus.Metric) {
	counts, invalid := classesOf(m).feedback(m.Counters.Feedback)
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
