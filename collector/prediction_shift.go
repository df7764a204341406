package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	scoreShift = prometheus.NewDesc("prediction_distribution_shift",
		"Kullback-Leibler divergence D(reference || window) of the score in nats, smoothed, at least 0. Absent while the window is empty, and if the reference has no score.",
		modelLabels.given, nil)
	classShift = prometheus.NewDesc("prediction_class_shift",
		"Kullback-Leibler divergence D(reference || window) of the predicted class in nats, smoothed, at least 0. Absent while the window is empty, and if the reference has no classes.",
		modelLabels.given, nil)
	predictionPValue = prometheus.NewDesc("prediction_drift_p_value",
		"Probability of a shift at least this large without drift, 0 to 1, of the score, or of the class if the reference has no score; not for alerts. Absent below 50 predictions in the window.",
		modelLabels.given, nil)
	predictionDetected = prometheus.NewDesc("prediction_drift_detected",
		"1 if the window's distribution of score or class is not the reference's, else 0; false alarms share the bound of feature_drift_detected. Absent below 50 predictions in the window, unless 1.",
		modelLabels.given, nil)
)

// predictionShift exports how far scores and classes have moved from the reference.
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
