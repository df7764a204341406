package collector

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

var (
	requestsTotal = prometheus.NewDesc("model_requests_total",
		"Predictions asked for since the log began, answered or refused.",
		modelLabels, nil)
	successTotal = prometheus.NewDesc("model_success_total",
		"Predictions made since the log began.",
		modelLabels, nil)
	errorsTotal = prometheus.NewDesc("model_errors_total",
		"Predictions refused since the log began, by reason; a reason that this version does not know counts as __other__.",
		[]string{"model", "version", "reason"}, nil)
	classTotal = prometheus.NewDesc("model_predictions_by_class_total",
		"Predictions made since the log began, by predicted class; a class that the reference does not know counts as __other__.",
		[]string{"model", "version", "class"}, nil)
	latency = prometheus.NewDesc("model_prediction_latency_seconds",
		"Time from a request's first byte until its prediction was handed to the log, in seconds; all predictions since the log began.",
		modelLabels, nil)
	scores = prometheus.NewDesc("model_prediction_values",
		"Scores of the model, 0 to 1; all predictions with a score since the log began.",
		modelLabels, nil)
)

// traffic tells what the model was asked and what it answered.
type traffic struct{}

// Name implements Collector.
func (traffic) Name() string { return "traffic" }

// Collect implements Collector.
func (traffic) Collect(s *window.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		if m.Counters == nil {
			continue
		}
		classes := named(m.Counters.Classes, knownClasses(m))
		reasons := named(m.Counters.Errors, predictionlog.Reasons)
		labels := modelPairs(requestsTotal, m)
		counter(ch, requestsTotal, sum(classes)+sum(reasons), labels)
		counter(ch, successTotal, sum(classes), labels)
		for reason, n := range reasons {
			counter(ch, errorsTotal, n, pairs(errorsTotal, m.Name, m.Version, reason))
		}
		for class, n := range classes {
			counter(ch, classTotal, n, pairs(classTotal, m.Name, m.Version, class))
		}
		histogram(ch, latency, &m.Counters.Latency, predictionlog.LatencyBounds, 1e9, m)
		histogram(ch, scores, &m.Counters.Scores, predictionlog.ScoreBounds, 1e9, m)
	}
}

// named counts by known name, from 0, and the rest as __other__ when there is any.
func named(counts map[string]int64, known []string) map[string]int64 {
	named := make(map[string]int64, len(known)+1)
	for _, name := range known {
		named[name] = 0
	}
	for name, n := range counts {
		if n != 0 {
			named[orOther(name, known)] += n
		}
	}
	return named
}

func orOther(name string, known []string) string {
	if slices.Contains(known, name) {
		return name
	}
	return drift.Other
}

func sum(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// knownClasses lists the classes that may become label values: those of the
// reference, or the two of a binary model when it names none.
func knownClasses(m *window.Model) []string {
	r := m.Reference
	if r == nil || len(r.Classes) == 0 {
		return []string{"0", "1"}
	}
	classes := make([]string, 0, len(r.Classes))
	for _, c := range r.Classes {
		classes = append(classes, c.Class)
	}
	return classes
}

// histogram sends counts by bucket, one for each bound and one beyond them all,
// and a sum of which a number of units make one.
func histogram(ch chan<- prometheus.Metric, d *prometheus.Desc, h *predictionlog.Histogram, bounds []float64, units float64, m *window.Model) {
	var count uint64
	buckets := make(map[float64]uint64, len(bounds))
	for i, n := range h.Counts {
		count += uint64(max(n, 0))
		if i < len(bounds) {
			buckets[bounds[i]] = count
		}
	}
	ch <- prometheus.MustNewConstHistogram(d, count, float64(h.Sum)/units, buckets, labelValue(m.Name), labelValue(m.Version))
}
