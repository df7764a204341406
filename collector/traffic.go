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
		"Predictions asked for since the log began, answered or refused.",
		modelLabels.given, nil)
	successTotal = prometheus.NewDesc("model_success_total",
		"Predictions made since the log began.",
		modelLabels.given, nil)
	errorsTotal = prometheus.NewDesc("model_errors_total",
		"Predictions refused since the log began, by reason; a reason that this version does not know counts as __other__.",
		refusalLabels.given, nil)
	classTotal = prometheus.NewDesc("model_predictions_by_class_total",
		"Predictions made since the log began, by predicted class; a class that the reference does not know counts as __other__.",
		classLabels.given, nil)
	latency = prometheus.NewDesc("model_prediction_latency_seconds",
		"Time from a request's first byte until its prediction was handed to the log, in seconds; all predictions since the log began.",
		modelLabels.given, nil)
	scores = prometheus.NewDesc("model_prediction_values",
		"Scores of the model, 0 to 1; all predictions with a score since the log began.",
		modelLabels.given, nil)
)

// traffic tells what the model was asked and what it answered.
type traffic struct{}

// Name implements Collector.
func (traffic) Name() string { return "traffic" }

// Collect implements Collector.
func (traffic) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		if m.Counters == nil {
			continue
		}
		classes := classesOf(m).predicted(m.Counters.Classes)
		reasons := byName(m.Counters.Errors, predictionlog.Reasons)
		labels := ofModel(m)
		counter(ch, requestsTotal, sum(classes)+sum(reasons), labels)
		counter(ch, successTotal, sum(classes), labels)
		for reason, n := range reasons {
			counter(ch, errorsTotal, n, refusalLabels.with(m.Name, m.Version, reason))
		}
		for class, n := range classes {
			counter(ch, classTotal, n, classLabels.with(m.Name, m.Version, class))
		}
		histogram(ch, latency, &m.Counters.Latency, predictionlog.LatencyBounds, 1e9, m)
		histogram(ch, scores, &m.Counters.Scores, predictionlog.ScoreBounds, 1e9, m)
	}
}
