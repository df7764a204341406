package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Page returns the metrics of a snapshot. Unlike a scrape, it has no durations and no
// metrics of the process. Names are the collectors to run.
func Page(s *snapshot.Snapshot, o Options, names []string) prometheus.Collector {
	return printed{s, Select(o, names)}
}

// printed is a snapshot and the collectors that print it.
type printed struct {
	snapshot *snapshot.Snapshot
	entries  []Entry
}

// Describe sends nothing: the metrics depend on the features.
func (printed) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (p printed) Collect(ch chan<- prometheus.Metric) {
	for i := range p.entries {
		e := &p.entries[i]
		gauge(ch, collectorSuccess, truth(e.Run(p.snapshot, ch) == nil), collectorLabels.with(e.Name()))
	}
	CollectLog(p.snapshot, ch)
}
