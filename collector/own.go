package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Result is the result of one collector in one scrape.
type Result struct {
	Name    string
	Success bool
	Took    time.Duration
}

var (
	up = prometheus.NewDesc("drift_up",
		"1 if this scrape read the prediction log to its newest row, or the last reading of --predictions.bigquery succeeded, else 0. Always present.", nil, nil)
	collectorSuccess = prometheus.NewDesc("drift_scrape_collector_success",
		"1 if the collector had everything it needed in this scrape, else 0. Always present.", collectorLabels.given, nil)
	collectorDuration = prometheus.NewDesc("drift_scrape_collector_duration_seconds",
		"Seconds that the collector took in this scrape, without reading the log. Always present.", collectorLabels.given, nil)
	logSize = prometheus.NewDesc("drift_log_size_bytes",
		"Size of the prediction log and its write-ahead log in bytes. Absent if there is no log.", nil, nil)
	invalidRows = prometheus.NewDesc("drift_log_invalid_rows_total",
		"Rows whose features are not a JSON object, since the log was created. Absent if the log cannot be read.", nil, nil)
	seriesDropped = prometheus.NewDesc("drift_series_dropped",
		"Omissions from this page by reason: versions beyond --versions.max (versions), series of bins beyond --bins.max-series (bins). Absent if the log cannot be read.", reasonLabels.given, nil)
	reloadSuccessful = prometheus.NewDesc("drift_exporter_config_last_reload_successful",
		"1 if the last load of configuration and references succeeded, else 0 and the previous ones are in use. Always present.", nil, nil)
	reloadTimestamp = prometheus.NewDesc("drift_exporter_config_last_reload_success_timestamp_seconds",
		"Time of the last successful load of configuration and references, in seconds since 1970. Always present.", nil, nil)
)

// CollectRuns sends the results of the collectors.
func CollectRuns(runs []Result, ch chan<- prometheus.Metric) {
	for _, r := range runs {
		labels := collectorLabels.with(r.Name)
		gauge(ch, collectorSuccess, truth(r.Success), labels)
		gauge(ch, collectorDuration, r.Took.Seconds(), labels)
	}
}

// CollectReload sends whether the last reload succeeded, and the time of the last success.
func CollectReload(ok bool, at time.Time, ch chan<- prometheus.Metric) {
	gauge(ch, reloadSuccessful, truth(ok), nil)
	gauge(ch, reloadTimestamp, seconds(at), nil)
}

// CollectLog sends whether the log could be read, and its size.
func CollectLog(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	gauge(ch, up, truth(s.Err == nil && s.Behind == nil), nil)
	if s.LogSize != nil {
		gauge(ch, logSize, float64(*s.LogSize), nil)
	}
	if s.Err == nil {
		counter(ch, invalidRows, s.InvalidRows, nil)
		gauge(ch, seriesDropped, float64(s.DroppedVersions), reasonLabels.with("versions"))
	}
}
