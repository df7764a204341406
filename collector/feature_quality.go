package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	featureMissing = prometheus.NewDesc("feature_missing_ratio",
		"Share of the window without a value of the feature, 0 to 1. Absent while the window is empty.",
		featureLabels.given, nil)
	featureReferenceMissing = prometheus.NewDesc("feature_reference_missing_ratio",
		"Share of the reference's rows without a value of the feature, 0 to 1. Absent without a reference.",
		featureLabels.given, nil)
	featureInvalid = prometheus.NewDesc("feature_invalid_ratio",
		"Share of the window whose value has the wrong type for the feature, such as text for a number, 0 to 1. Absent while the window is empty.",
		featureLabels.given, nil)
	featureReferenceUnseen = prometheus.NewDesc("feature_reference_unseen_ratio",
		"Expected feature_unseen_ratio without drift, 0 to 1, estimated from the categories that the reference has once (Good-Turing). Absent for numeric features with many values.",
		featureLabels.given, nil)
	featureUnseen = prometheus.NewDesc("feature_unseen_ratio",
		"Share of the window with a value that the reference does not have, 0 to 1. Absent for numeric features with many values, and while the window is empty.",
		featureLabels.given, nil)
	featureOutOfRange = prometheus.NewDesc("feature_out_of_range_ratio",
		"Share of the window below the reference's minimum or above its maximum, 0 to 1. Absent for categories, and if the reference has no extremes.",
		featureLabels.given, nil)
)

// featureQuality exports the shares of values that the model cannot use well.
type featureQuality struct{}

// Name implements Collector.
func (featureQuality) Name() string { return "feature_quality" }

// Collect implements Collector. Some ratios are absent: continuous numbers have no unseen
// values, categories have no range, and a reference may lack a number's extremes.
func (featureQuality) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.Features() {
			d := &m.Features()[j]
			q := assess.QualityOf(m, d)
			if q == nil {
				continue
			}
			labels := featureLabels.with(m.Name, m.Version, d.Name)
			gauge(ch, featureMissing, q.Missing, labels)
			known(ch, featureReferenceMissing, q.ReferenceMissing, labels)
			gauge(ch, featureInvalid, q.Invalid, labels)
			known(ch, featureUnseen, q.Unseen, labels)
			known(ch, featureReferenceUnseen, q.ReferenceUnseen, labels)
			known(ch, featureOutOfRange, q.OutOfRange, labels)
		}
	}
}
