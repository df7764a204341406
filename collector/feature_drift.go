package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

var (
	featureKL = prometheus.NewDesc("feature_kl_divergence",
		"Kullback-Leibler divergence D(reference || window) of a feature in nats, smoothed; 0 is alike, higher is more drift. From the first prediction in the window.",
		featureLabels, nil)
	featureCorrected = prometheus.NewDesc("feature_kl_divergence_corrected",
		"What is left of feature_kl_divergence above its noise floor, in nats, at least 0; higher is more drift. From 50 predictions in the window.",
		featureLabels, nil)
	featureNoiseFloor = prometheus.NewDesc("feature_kl_noise_floor",
		"Mean of feature_kl_divergence that sampling alone causes when nothing has drifted, in nats; falls as the window fills. From 50 predictions in the window.",
		featureLabels, nil)
	featureSeverity = prometheus.NewDesc("feature_drift_severity",
		"Size of a feature's corrected divergence: 0 minimal (below 0.1 nats), 1 moderate (up to 0.5), 2 significant. From 50 predictions in the window.",
		featureLabels, nil)
	featurePValue = prometheus.NewDesc("feature_drift_p_value",
		"Probability of a divergence at least as large when nothing has drifted, by a two-sample parametric bootstrap; lower is stronger evidence. From 50 predictions in the window.",
		featureLabels, nil)
	featureDetected = prometheus.NewDesc("feature_drift_detected",
		"1 when the feature has drifted, else 0. Over all features of a model together at most --drift.false-alarms-per-month alarms are false; with --drift.detection=p-value, 1 says that the p-value is below --drift.significance and the corrected divergence above --drift.tolerance. From 50 predictions in the window, or earlier when it fires.",
		featureLabels, nil)
)

// featureDrift tells how far each feature has moved from the reference.
type featureDrift struct {
	rule rule
}

// Name implements Collector.
func (featureDrift) Name() string { return "feature_drift" }

// Collect implements Collector.
func (c featureDrift) Collect(s *window.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features {
			d := &m.Features[j]
			labels := pairs(featureKL, m.Name, m.Version, d.Name)
			gauge(ch, featureKL, d.KL, labels)
			if v, ok := judge(d); ok {
				gauge(ch, featureCorrected, v.corrected, labels)
				gauge(ch, featureNoiseFloor, v.noiseFloor, labels)
				gauge(ch, featureSeverity, float64(drift.Severity(v.corrected)), labels)
				gauge(ch, featurePValue, v.pValue, labels)
			}
			if drifted, known := c.rule.detected(d); known {
				gauge(ch, featureDetected, truth(drifted), labels)
			}
		}
	}
}
