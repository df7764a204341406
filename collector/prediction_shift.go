package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
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
// reference.
type predictionShift struct {
	judgement assess.Judgement
}

// Name implements Collector.
func (predictionShift) Name() string { return "prediction_shift" }

// Collect implements Collector.
func (c predictionShift) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		p := c.judgement.Predictions(m)
		if p == nil {
			continue
		}
		labels := ofModel(m)
		if p.Score != nil {
			known(ch, scoreShift, p.Score.KL, labels)
		}
		if p.Class != nil {
			known(ch, classShift, p.Class.KL, labels)
		}
		known(ch, predictionPValue, p.PValue, labels)
		knownTruth(ch, predictionDetected, p.Detected, labels)
	}
}
