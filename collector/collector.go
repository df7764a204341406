// Package collector prints metrics: each family is one small pure Collector, a snapshot in
// and metrics out; all.go lists them. What is judged, not counted, comes from assess.
package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Collector turns one snapshot into the metrics of one family.
type Collector interface {
	// Name is what --collector.NAME, collect[] and exclude[] call it.
	Name() string
	// Collect sends the metrics and returns. It does no IO, keeps nothing and
	// leaves the snapshot as it is. Where there is no data it sends nothing.
	Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric)
}
