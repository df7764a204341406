// Package collector turns snapshots into metrics. Each family of metrics is one small pure
// Collector, and all.go lists them. Verdicts, intervals and attributions come from package
// assess.
package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Collector turns one snapshot into the metrics of one family.
type Collector interface {
	// Name is the collector's name in --collector.NAME, collect[] and exclude[].
	Name() string
	// Collect sends the metrics and returns. It does no IO, has no state and does not
	// change the snapshot. Where there is no data it sends nothing.
	Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric)
}
