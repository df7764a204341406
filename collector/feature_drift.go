package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	featureKL = prometheus.NewDesc("feature_kl_divergence",
		"Kullback-Leibler divergence D(reference || window) of a feature in nats, smoothed; 0 is alike, higher is more drift. From the first prediction in the window.",
		featureLabels.given, nil)
	featureCorrected = prometheus.NewDesc("feature_kl_divergence_corrected",
		"What is left of feature_kl_divergence above its noise floor, in nats, at least 0; higher is more drift. From 50 predictions in the window.",
		featureLabels.given, nil)
	featureNoiseFloor = prometheus.NewDesc("feature_kl_noise_floor",
		"Mean of feature_kl_divergence that sampling alone causes when nothing has drifted, in nats; falls as the window fills. From 50 predictions in the window.",
		featureLabels.given, nil)
	featureSeverity = prometheus.NewDesc("feature_drift_severity",
		"Size of a feature's corrected divergence: 0 minimal (below 0.1 nats), 1 moderate (up to 0.5), 2 significant. From 50 predictions in the window.",
		featureLabels.given, nil)
	featurePValue = prometheus.NewDesc("feature_drift_p_value",
		"Probability of a divergence at least as large when nothing has drifted, by a two-sample parametric bootstrap; lower is stronger evidence. From 50 predictions in the window. With --drift.dependence=block by a bootstrap of blocks of neighbouring predictions, which allows for their dependence, from 200.",
		featureLabels.given, nil)
	featureDesignEffect = prometheus.NewDesc("feature_design_effect",
		"How many times as much a feature's shares vary between neighbouring stretches of predictions as if predictions were independent, at least 1, in the direction in which they vary most: n predictions say as much as n divided by it. The sequential detector divides by it; p-values do not, unless --drift.dependence=block. Over some 131,072 predictions, the older ones fading; from 200 predictions.",
		featureLabels.given, nil)
	featureAdjusted = prometheus.NewDesc("feature_drift_adjusted_p_value",
		"Value of feature_drift_p_value adjusted for the number of features of the model and version (Benjamini and Hochberg): of the features at or below q, on average at most the share q is there by chance. It adjusts for features, not for time: it is for display, not for alerts. From 50 predictions in the window.",
		featureLabels.given, nil)
	featureDetected = prometheus.NewDesc("feature_drift_detected",
		"1 when the feature has drifted, else 0. Over all features of a model together at most --drift.false-alarms-per-month alarms are false; with --drift.detection=p-value, 1 says that the p-value is below --drift.significance and the corrected divergence above --drift.tolerance. From 50 predictions in the window, or earlier when it fires.",
		featureLabels.given, nil)
	modelDrifted = prometheus.NewDesc("model_drifted_features",
		"Features of the model and version whose feature_drift_detected is 1; absent while it is known of none.",
		modelLabels.given, nil)
	modelDriftedRatio = prometheus.NewDesc("model_drifted_features_ratio",
		"Share, 0 to 1, of the features whose feature_drift_detected is 1 among those of which it is known; absent while it is known of none.",
		modelLabels.given, nil)
)

// featureDrift tells how far each feature has moved from the reference.
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

// model shows the features of one model and version, each alone and then together.
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
