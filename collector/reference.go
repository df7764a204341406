package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var referenceLabels = labels("model", "version", "hash", "source")

var (
	referenceHash = prometheus.NewDesc("model_reference_info",
		"Always 1. The labels hash and source name the reference of a model and version. Absent without a reference.",
		referenceLabels.given, nil)
	referenceSamples = prometheus.NewDesc("model_reference_samples",
		"Number of rows that the reference was built from. Absent without a reference.",
		modelLabels.given, nil)
	referenceTimestamp = prometheus.NewDesc("model_reference_timestamp_seconds",
		"Time when the reference was built, in seconds since 1970. Absent if the reference does not say.",
		modelLabels.given, nil)
	referenceLoaded = prometheus.NewDesc("model_reference_load_success",
		"1 if the model and version have a reference, else 0 and their drift metrics are absent. Always present for a model in the log.",
		modelLabels.given, nil)
	referenceFailures = prometheus.NewDesc("model_reference_load_failures_total",
		"Failed attempts to count the reference in BigQuery since the exporter started; the last good one stays in use. Absent for references from files.",
		sourceLabels.given, nil)
	referenceChecked = prometheus.NewDesc("model_reference_checked_timestamp_seconds",
		"Time when the reference was last counted in BigQuery or its table found unchanged, in seconds since 1970. Absent until then, and for references from files.",
		sourceLabels.given, nil)
)

// referenceInfo exports which reference each model and version is compared with.
type referenceInfo struct{}

// Name implements Collector.
func (referenceInfo) Name() string { return "reference" }

// Collect implements Collector.
func (referenceInfo) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		gauge(ch, referenceLoaded, truth(m.Reference != nil), labels)
		if r := m.Reference; r != nil {
			gauge(ch, referenceHash, 1, referenceLabels.with(m.Name, m.Version, r.Hash, r.Source))
			gauge(ch, referenceSamples, float64(r.Rows), labels)
			if !r.Created.IsZero() {
				gauge(ch, referenceTimestamp, seconds(r.Created), labels)
			}
		}
	}
	if s.Loads == nil {
		return
	}
	for _, l := range *s.Loads {
		counter(ch, referenceFailures, l.Failures, sourceLabels.with(l.Model, l.Source))
		if l.Checked != nil {
			gauge(ch, referenceChecked, seconds(*l.Checked), sourceLabels.with(l.Model, l.Source))
		}
	}
}
