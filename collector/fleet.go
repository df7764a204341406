package collector

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var stateLabels = labels("state")

var (
	fleetAge = prometheus.NewDesc("drift_fleet_age_seconds",
		"Seconds since the end of the last tick on this page, by the scrape's clock. With --predictions.bigquery only. Absent before the first reading.", nil, nil)
	fleetLogs = prometheus.NewDesc("drift_fleet_logs",
		"Number of logs that have shipped within --ship.lateness (live), or within an hour (silent). With --predictions.bigquery only. Absent before the first reading.", stateLabels.given, nil)
	fleetLate = prometheus.NewDesc("drift_fleet_late_predictions",
		"Predictions since the anchor that came too late for their tick and count to a later one. With --predictions.bigquery only. Absent before the first reading.", nil, nil)
	fleetForeign = prometheus.NewDesc("drift_fleet_foreign_predictions",
		"Predictions since the anchor that were counted for another reference, and so are in no window. With --predictions.bigquery only. Absent before the first reading.", nil, nil)
	fleetRecounted = prometheus.NewDesc("drift_fleet_recounted_predictions",
		"Predictions since the anchor that were counted for another reference, and were counted again from their shipped rows. With --predictions.bigquery only. Absent before the first reading.", nil, nil)
	fleetUnmatched = prometheus.NewDesc("drift_fleet_unmatched_outcomes",
		"Outcomes since the anchor whose prediction is in no window. With --predictions.bigquery only. Absent before the first reading.", nil, nil)
	fleetRefolds = prometheus.NewDesc("drift_fleet_refolds_total",
		"How often everything was read again because records of a finished tick turned up. With --predictions.bigquery only.", nil, nil)
	fleetQueries = prometheus.NewDesc("drift_fleet_queries_total",
		"Queries that were run in BigQuery. With --predictions.bigquery only.", nil, nil)
	fleetBytes = prometheus.NewDesc("drift_fleet_query_processed_bytes_total",
		"Bytes that these queries processed. With --predictions.bigquery only.", nil, nil)
	fleetBilled = prometheus.NewDesc("drift_fleet_query_billed_bytes_total",
		"Bytes that these queries are billed for. With --predictions.bigquery only.", nil, nil)
	fleetFailures = prometheus.NewDesc("drift_fleet_query_failures_total",
		"Queries that failed or were not run, by reason. With --predictions.bigquery only.", reasonLabels.given, nil)
)

// CollectFleet sends how a source of shipped predictions does; nothing for nil, any other source.
func CollectFleet(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	f := s.Fleet
	if f == nil {
		return
	}
	counter(ch, fleetRefolds, f.Refolds, nil)
	if c := f.Costs; c != nil {
		counter(ch, fleetQueries, c.Queries, nil)
		counter(ch, fleetBytes, c.Bytes, nil)
		counter(ch, fleetBilled, c.Billed, nil)
		for _, reason := range slices.Sorted(maps.Keys(c.Failures)) {
			counter(ch, fleetFailures, c.Failures[reason], reasonLabels.with(reason))
		}
	}
	if f.Until == nil {
		return
	}
	gauge(ch, fleetAge, s.Time.Sub(*f.Until).Seconds(), nil)
	gauge(ch, fleetLogs, float64(f.Live), stateLabels.with("live"))
	gauge(ch, fleetLogs, float64(f.Silent), stateLabels.with("silent"))
	gauge(ch, fleetLate, float64(f.Late), nil)
	gauge(ch, fleetForeign, float64(f.Foreign), nil)
	gauge(ch, fleetRecounted, float64(f.Recounted), nil)
	gauge(ch, fleetUnmatched, float64(f.Unmatched), nil)
}
