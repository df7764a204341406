package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Run is how a collector fared in one scrape.
type Run struct {
	Name    string
	Success bool
	Took    time.Duration
}

var (
	up = prometheus.NewDesc("drift_up",
		"1 when this scrape read the prediction log to its newest row, else 0; always present.", nil, nil)
	collectorSuccess = prometheus.NewDesc("drift_scrape_collector_success",
		"1 when the collector had all it needed in this scrape, else 0; always present.", collectorLabels.given, nil)
	collectorDuration = prometheus.NewDesc("drift_scrape_collector_duration_seconds",
		"Time that the collector took in this scrape, in seconds, without reading the log; always present.", collectorLabels.given, nil)
	logSize = prometheus.NewDesc("drift_log_size_bytes",
		"Size of the prediction log and its write-ahead log, in bytes; absent when there is no log.", nil, nil)
	invalidRows = prometheus.NewDesc("drift_log_invalid_rows_total",
		"Rows of the prediction log whose features are not a JSON object, since the log began; lower is better.", nil, nil)
	seriesDropped = prometheus.NewDesc("drift_series_dropped",
		"What this page leaves out, by the reason: versions of the watched models that are in the log beyond --versions.max, and series of bins beyond --bins.max-series.", reasonLabels.given, nil)
	reloadSuccessful = prometheus.NewDesc("drift_exporter_config_last_reload_successful",
		"1 when the last attempt to load configuration and references succeeded, else 0 and the former ones are in use.", nil, nil)
	reloadTimestamp = prometheus.NewDesc("drift_exporter_config_last_reload_success_timestamp_seconds",
		"Time of the last successful load of configuration and references, in seconds since 1970.", nil, nil)
)

// CollectRuns sends how the collectors fared.
func CollectRuns(runs []Run, ch chan<- prometheus.Metric) {
	for _, r := range runs {
		labels := collectorLabels.with(r.Name)
		gauge(ch, collectorSuccess, truth(r.Success), labels)
		gauge(ch, collectorDuration, r.Took.Seconds(), labels)
	}
}

// CollectReload sends whether the last reload succeeded, and when the last success was.
func CollectReload(ok bool, at time.Time, ch chan<- prometheus.Metric) {
	gauge(ch, reloadSuccessful, truth(ok), nil)
	gauge(ch, reloadTimestamp, seconds(at), nil)
}

// CollectLog sends how the log could be read.
func CollectLog(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	gauge(ch, up, truth(s.Err == nil), nil)
	if s.LogSize != nil {
		gauge(ch, logSize, float64(*s.LogSize), nil)
	}
	if s.Err == nil {
		counter(ch, invalidRows, s.InvalidRows, nil)
		gauge(ch, seriesDropped, float64(s.DroppedVersions), reasonLabels.with("versions"))
	}
}
