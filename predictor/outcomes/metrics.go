package outcomes

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// metrics are the metrics of this process. A source can be a label, because sources come from the
// configuration.
type metrics struct {
	registry                            *prometheus.Registry
	received, accepted, unchanged       *prometheus.CounterVec
	overruled, rejected, late, failures *prometheus.CounterVec
	up, behind                          *prometheus.GaugeVec
	reloaded, reloadTime                prometheus.Gauge

	mu   sync.Mutex
	read map[string]time.Time // when everything in a source had last been read
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), read: map[string]time.Time{}}
	m.received = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_received_total",
		Help: "Records of a source that were committed since this process started.",
	}, []string{"source"})
	m.accepted = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_accepted_total",
		Help: "Outcomes of a source that counted when they were committed, including those that had waited for their prediction.",
	}, []string{"source"})
	m.unchanged = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_unchanged_total",
		Help: "Records of a source that repeated what it had reported before.",
	}, []string{"source"})
	m.overruled = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_overruled_total",
		Help: "Outcomes of a source that do not count, because another one has a higher confidence or is newer. They stay as evidence.",
	}, []string{"source"})
	m.rejected = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_rejected_total",
		Help: "Records of a source that were set aside, by reason; `outcomes rejected` lists them.",
	}, []string{"source", "reason"})
	m.late = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_late_total",
		Help: "Records of a source that became visible only after newer ones had been read.",
	}, []string{"source"})
	m.failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_outcomes_source_failures_total",
		Help: "Failed attempts to read a source; they are retried.",
	}, []string{"source"})
	m.up = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "drift_outcomes_source_up",
		Help: "1 if the last attempt to read the source succeeded, 0 if it failed. Absent before the first attempt has ended.",
	}, []string{"source"})
	m.behind = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "drift_outcomes_lag_records",
		Help: "Records of the source that have not been read. Absent for sources that do not say.",
	}, []string{"source"})
	m.reloaded = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "drift_outcomes_config_last_reload_successful",
		Help: "1 if the last load of the configuration succeeded, else 0 and the previous one is in use.",
	})
	m.reloadTime = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "drift_outcomes_config_last_reload_success_timestamp_seconds",
		Help: "Time at which the configuration in use was loaded, in seconds since 1970.",
	})
	m.registry.MustRegister(m.received, m.accepted, m.unchanged, m.overruled, m.rejected, m.late, m.failures, m.up, m.behind, m.reloaded, m.reloadTime,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version.NewCollector("drift_exporter"))
	return m
}

// add starts the counters of a source at 0.
func (m *metrics) add(source string) {
	for _, c := range []*prometheus.CounterVec{m.received, m.accepted, m.unchanged, m.overruled, m.late, m.failures} {
		c.WithLabelValues(source)
	}
	for _, reason := range predictionlog.RejectedReasons {
		m.rejected.WithLabelValues(source, reason)
	}
}

// remove removes the metrics of a source.
func (m *metrics) remove(source string) {
	labels := prometheus.Labels{"source": source}
	for _, c := range []*prometheus.CounterVec{m.received, m.accepted, m.unchanged, m.overruled, m.rejected, m.late, m.failures} {
		c.DeletePartialMatch(labels)
	}
	m.up.DeletePartialMatch(labels)
	m.behind.DeletePartialMatch(labels)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.read, source)
}

// count counts what happened to records.
func (m *metrics) count(source string, r predictionlog.Received) {
	m.accepted.WithLabelValues(source).Add(float64(r.Accepted))
	m.unchanged.WithLabelValues(source).Add(float64(r.Unchanged))
	m.overruled.WithLabelValues(source).Add(float64(r.Overruled))
	for reason, n := range r.Rejected {
		m.rejected.WithLabelValues(source, reason).Add(float64(n))
	}
}

// current notes that everything in a source has been read.
func (m *metrics) current(source string, at time.Time) {
	m.up.WithLabelValues(source).Set(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read[source] = at
}

// lastRead returns, for each source, when everything in it had last been read.
func (m *metrics) lastRead() map[string]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.read)
}
