package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

var (
	refusalLabels = labels("model", "version", "reason")
	classLabels   = labels("model", "version", "class")
)

var (
	requestsTotal = prometheus.NewDesc("model_requests_total",
		"Prediction requests since the log was created, answered or refused. Absent if the log cannot be read.",
		modelLabels.given, nil)
	successTotal = prometheus.NewDesc("model_success_total",
		"Predictions made since the log was created. Absent if the log cannot be read.",
		modelLabels.given, nil)
	errorsTotal = prometheus.NewDesc("model_errors_total",
		"Refused predictions since the log was created, by reason; unknown reasons are __other__. Absent if the log cannot be read.",
		refusalLabels.given, nil)
	classTotal = prometheus.NewDesc("model_predictions_by_class_total",
		"Predictions since the log was created by predicted class; classes that the reference does not have are __other__. Absent for a regression, and if the log cannot be read.",
		classLabels.given, nil)
	latency = prometheus.NewDesc("model_prediction_latency_seconds",
		"Seconds from a request's first byte until its prediction was handed to the log, over all predictions since it was created. Absent if the log cannot be read.",
		modelLabels.given, nil)
	scores = prometheus.NewDesc("model_prediction_values",
		"Scores, 0 to 1, of all predictions with a score since the log was created. Absent for a regression, and if the log cannot be read.",
		modelLabels.given, nil)
)

// traffic exports requests, errors, classes, latency and scores.
type traffic struct{ most int }

// Name implements Collector.
func (traffic) Name() string { return "traffic" }

// Collect implements Collector.
func (c traffic) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		if m.Counters == nil {
			continue
		}
		classes := classesOf(m, c.most).predicted(m.Counters.Classes)
		reasons := byName(m.Counters.Errors, predictionlog.Reasons)
		labels := ofModel(m)
		counter(ch, requestsTotal, sum(classes)+sum(reasons), labels)
		counter(ch, successTotal, sum(classes), labels)
		for reason, n := range reasons {
			counter(ch, errorsTotal, n, refusalLabels.with(m.Name, m.Version, reason))
		}
		histogram(ch, latency, &m.Counters.Latency, predictionlog.LatencyBounds, 1e9, m)
		if !m.Type.HasClasses() {
			continue
		}
		for class, n := range classes {
			counter(ch, classTotal, n, classLabels.with(m.Name, m.Version, class))
		}
		histogram(ch, scores, &m.Counters.Scores, predictionlog.ScoreBounds, 1e9, m)
	}
}
