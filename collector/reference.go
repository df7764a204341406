package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var referenceLabels = labels("model", "version", "hash", "source")

var (
	referenceHash = prometheus.NewDesc("model_reference_info",
		"Always 1; its labels say by hash and source which reference a model and version is compared with.",
		referenceLabels.given, nil)
	referenceSamples = prometheus.NewDesc("model_reference_samples",
		"Rows that the reference was built from.",
		modelLabels.given, nil)
	referenceTimestamp = prometheus.NewDesc("model_reference_timestamp_seconds",
		"Time when the reference was built, in seconds since 1970; absent when the reference does not say.",
		modelLabels.given, nil)
	referenceLoaded = prometheus.NewDesc("model_reference_load_success",
		"1 when a reference serves this model and version, 0 when none does and its drift cannot be told.",
		modelLabels.given, nil)
	referenceFailures = prometheus.NewDesc("model_reference_load_failures_total",
		"Attempts to count the reference in BigQuery that failed since the exporter started; the last good reference stays in use.",
		sourceLabels.given, nil)
	referenceChecked = prometheus.NewDesc("model_reference_checked_timestamp_seconds",
		"Time when the reference was last counted in BigQuery or its table found unchanged, in seconds since 1970; absent until then.",
		sourceLabels.given, nil)
)

// referenceInfo tells what each model and version is compared with.
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
