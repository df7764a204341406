package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	featureKL = prometheus.NewDesc("feature_kl_divergence",
		"Kullback-Leibler divergence D(reference || window) of the feature in nats, smoothed, at least 0, with sampling noise. Absent while the window is empty.",
		featureLabels.given, nil)
	featureCorrected = prometheus.NewDesc("feature_kl_divergence_corrected",
		"Value of feature_kl_divergence less feature_kl_noise_floor in nats, at least 0; higher is more drift. Absent below 50 predictions in the window.",
		featureLabels.given, nil)
	featureNoiseFloor = prometheus.NewDesc("feature_kl_noise_floor",
		"Expected value of feature_kl_divergence in nats from sampling noise alone, without drift. Absent below 50 predictions in the window.",
		featureLabels.given, nil)
	featureSeverity = prometheus.NewDesc("feature_drift_severity",
		"Size of feature_kl_divergence_corrected: 0 below 0.1 nats, 1 up to 0.5, 2 above. Absent below 50 predictions in the window.",
		featureLabels.given, nil)
	featurePValue = prometheus.NewDesc("feature_drift_p_value",
		"Probability of a divergence at least this large without drift, 0 to 1; not for alerts. Absent below 50 predictions in the window, or below 200 with --drift.dependence=block.",
		featureLabels.given, nil)
	featureDesignEffect = prometheus.NewDesc("feature_design_effect",
		"Variance inflation from dependence between neighbouring predictions, at least 1 (independent). Effective sample size = window size / this value. Absent below 200 predictions in the window.",
		featureLabels.given, nil)
	featureAdjusted = prometheus.NewDesc("feature_drift_adjusted_p_value",
		"Value of feature_drift_p_value adjusted for the number of features (Benjamini-Hochberg), 0 to 1; it ignores repeated scrapes: not for alerts. Absent where feature_drift_p_value is.",
		featureLabels.given, nil)
	featureDetected = prometheus.NewDesc("feature_drift_detected",
		"1 if the window's distribution of the feature is not the reference's, else 0; --drift.false-alarms-per-month bounds false alarms. Absent below 50 predictions in the window, unless 1.",
		featureLabels.given, nil)
	modelDrifted = prometheus.NewDesc("model_drifted_features",
		"Number of features whose feature_drift_detected is 1. Absent until at least one feature has a verdict.",
		modelLabels.given, nil)
	modelDriftedRatio = prometheus.NewDesc("model_drifted_features_ratio",
		"Share of the features with a verdict whose feature_drift_detected is 1, 0 to 1. Absent until at least one feature has a verdict.",
		modelLabels.given, nil)
)

// featureDrift exports how far each feature has moved from the reference.
type featureDrift struct {
	judgement assess.Judgement
}

// Name implements Collector.
func (featureDrift) Name() string { return "feature_drift" }

// Collect implements Collector.
func (c featureDrift) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		c.model(&s.Models[i], ch)
	}
}

// model sends the metrics of one model and version: of each feature, then of all together.
func (c featureDrift) model(m *snapshot.Model, ch chan<- prometheus.Metric) {
	features, drifted := c.judgement.Features(m)
	for i := range features {
		f, labels := &features[i], featureLabels.with(m.Name, m.Version, m.Features()[i].Name)
		known(ch, featureKL, f.KL, labels)
		if t := f.Test; t != nil {
			gauge(ch, featureCorrected, t.Corrected, labels)
			gauge(ch, featureNoiseFloor, t.NoiseFloor, labels)
			gauge(ch, featureSeverity, float64(t.Severity), labels)
			known(ch, featurePValue, t.PValue, labels)
			known(ch, featureAdjusted, t.Adjusted, labels)
		}
		known(ch, featureDesignEffect, f.DesignEffect, labels)
		knownTruth(ch, featureDetected, f.Detected, labels)
	}
	if drifted != nil {
		labels := ofModel(m)
		gauge(ch, modelDrifted, float64(drifted.Features), labels)
		gauge(ch, modelDriftedRatio, float64(drifted.Features)/float64(drifted.Known), labels)
	}
}
