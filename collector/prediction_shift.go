package collector

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	scoreShift = prometheus.NewDesc("prediction_distribution_shift",
		"Kullback-Leibler divergence D(reference || window) of the model's score in nats, smoothed; 0 is alike, higher is more shift. From the first prediction in the window.",
		modelLabels.given, nil)
	classShift = prometheus.NewDesc("prediction_class_shift",
		"Kullback-Leibler divergence D(reference || window) of the predicted class in nats, smoothed; 0 is alike, higher is more shift. From the first prediction in the window.",
		modelLabels.given, nil)
	predictionPValue = prometheus.NewDesc("prediction_drift_p_value",
		"Probability of a shift at least as large when nothing has drifted, of the score (of the class when the reference has no score); lower is stronger evidence. From 50 predictions in the window.",
		modelLabels.given, nil)
	predictionDetected = prometheus.NewDesc("prediction_drift_detected",
		"1 when the score or the class has drifted, else 0; by the rule of feature_drift_detected, within the same number of false alarms. From 50 predictions in the window, or earlier when it fires.",
		modelLabels.given, nil)
)

// predictionShift tells how far what the model answers has moved from the
// reference. The class is the score cut at the threshold, so the score alone is
// judged: a second test of the same thing would only add false alarms.
type predictionShift struct {
	rule rule
}

// Name implements Collector.
func (predictionShift) Name() string { return "prediction_shift" }

// Collect implements Collector.
func (c predictionShift) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		gauge(ch, scoreShift, shift(m.Score()), labels)
		gauge(ch, classShift, shift(m.Class()), labels)
		judged := m.Score()
		if judged == nil {
			judged = m.Class()
		}
		if judged == nil {
			continue
		}
		if v, ok := c.rule.judge(judged); ok {
			gauge(ch, predictionPValue, v.pValue, labels)
		}
		drifted, known := c.rule.detected(judged)
		if !known {
			continue
		}
		if m.Class() != nil {
			class, _ := c.rule.detected(m.Class())
			drifted = drifted || class
		}
		gauge(ch, predictionDetected, truth(drifted), labels)
	}
}

// shift is the divergence of a distribution, NaN when there is none.
func shift(d *snapshot.Distribution) float64 {
	if d == nil || d.KL == nil {
		return math.NaN()
	}
	return *d.KL
}
