package respond

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
)

// metrics are the metrics of this process.
type metrics struct {
	registry             *prometheus.Registry
	received, runs       *prometheus.CounterVec
	refused              prometheus.Counter
	auditFailures        prometheus.Counter
	reloaded, reloadTime prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.received = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_respond_alerts_received_total",
		Help: "Alerts in notifications since this process started, by status; Alertmanager repeats them.",
	}, []string{"status"})
	m.refused = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "drift_respond_notifications_refused_total",
		Help: "Notifications since this process started that could not be read; the log stream says why.",
	})
	m.runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drift_respond_runs_total",
		Help: "Runs that have ended since this process started, by playbook and outcome: done, stopped (nothing more to do), planned (a dry run), failed or cancelled.",
	}, []string{"playbook", "outcome"})
	m.auditFailures = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "drift_respond_audit_failures_total",
		Help: "Entries that could not be written to the audit file since this process started; nothing is done without its entry.",
	})
	m.reloaded = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "drift_respond_config_last_reload_successful",
		Help: "1 if the last load of the configuration succeeded, else 0 and the previous one is in use.",
	})
	m.reloadTime = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "drift_respond_config_last_reload_success_timestamp_seconds",
		Help: "Time at which the configuration in use was loaded, in seconds since 1970.",
	})
	m.received.WithLabelValues(firing)
	m.received.WithLabelValues(resolved)
	m.registry.MustRegister(m.received, m.refused, m.runs, m.auditFailures, m.reloaded, m.reloadTime,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version.NewCollector("drift_exporter"))
	return m
}

// use starts the counters of a configuration's playbooks at 0.
func (m *metrics) use(c *Config) {
	for _, p := range c.Playbooks {
		for _, outcome := range runOutcomes {
			m.runs.WithLabelValues(p.Name, outcome)
		}
	}
}

var (
	activeDesc  = prometheus.NewDesc("drift_respond_runs_active", "Runs that have not ended.", nil, nil)
	waitingDesc = prometheus.NewDesc("drift_respond_runs_waiting", "Runs with a step that waits for a person's approval.", nil, nil)
	lastDesc    = prometheus.NewDesc("drift_respond_last_run_end_timestamp_seconds",
		"Time at which the last run of a playbook has ended, in seconds since 1970. Absent before the first.", []string{"playbook"}, nil)
)

// Describe implements prometheus.Collector.
func (e *engine) Describe(ch chan<- *prometheus.Desc) {
	ch <- activeDesc
	ch <- waitingDesc
	ch <- lastDesc
}

// Collect implements prometheus.Collector.
func (e *engine) Collect(ch chan<- prometheus.Metric) {
	e.mu.Lock()
	defer e.mu.Unlock()
	active, waiting, last := 0, 0, map[string]float64{}
	for _, r := range e.state.order {
		if !r.Ended.IsZero() {
			last[r.Playbook] = max(last[r.Playbook], float64(r.Ended.UnixNano())/1e9)
			continue
		}
		active++
		if r.waits() {
			waiting++
		}
	}
	ch <- prometheus.MustNewConstMetric(activeDesc, prometheus.GaugeValue, float64(active))
	ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(waiting))
	for playbook, at := range last {
		ch <- prometheus.MustNewConstMetric(lastDesc, prometheus.GaugeValue, at, playbook)
	}
}
