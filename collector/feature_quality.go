package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	featureMissing = prometheus.NewDesc("feature_missing_ratio",
		"Share of the predictions in the window in which a feature has no value (null, absent, empty text, not finite), 0 to 1; lower is better. Absent when the window is empty.",
		featureLabels.given, nil)
	featureReferenceMissing = prometheus.NewDesc("feature_reference_missing_ratio",
		"Share of the reference's rows in which a feature has no value, 0 to 1: what feature_missing_ratio is without drift.",
		featureLabels.given, nil)
	featureInvalid = prometheus.NewDesc("feature_invalid_ratio",
		"Share of the predictions in the window in which a feature has something that is not of its type (text that is no number, an object, an array), 0 to 1; lower is better. Absent when the window is empty.",
		featureLabels.given, nil)
	featureReferenceUnseen = prometheus.NewDesc("feature_reference_unseen_ratio",
		"Share of new categories to expect without drift (Good and Turing), 0 to 1: compare feature_unseen_ratio with it. Absent where that is.",
		featureLabels.given, nil)
	featureUnseen = prometheus.NewDesc("feature_unseen_ratio",
		"Share of the predictions in the window with a category, or a value of a feature of few values, that the reference does not hold, 0 to 1; lower is better.",
		featureLabels.given, nil)
	featureOutOfRange = prometheus.NewDesc("feature_out_of_range_ratio",
		"Share of the predictions in the window with a number below the reference's minimum or above its maximum, 0 to 1; lower is better.",
		featureLabels.given, nil)
)

// featureQuality tells how much of each feature the model cannot know well.
type featureQuality struct{}

// Name implements Collector.
func (featureQuality) Name() string { return "feature_quality" }

// Collect implements Collector. A number on a scale has nothing unseen, a
// category has no range, and a reference need not know a number's: those ratios
// are absent.
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
