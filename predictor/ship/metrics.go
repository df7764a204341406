package ship

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// metrics are the shipper's own metrics.
type metrics struct {
	registry *prometheus.Registry
	rows     *prometheus.CounterVec
	altered  prometheus.Counter
	failures *prometheus.CounterVec
	complete prometheus.Gauge
	begun    bool // whether complete is registered

	through, ahead prometheus.Gauge
	counting       bool // whether these two are registered
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drift_ship_rows_total",
			Help: "Rows that arrived at the destination since this process started, by table.",
		}, []string{"table"}),
		altered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "drift_ship_altered_rows_total",
			Help: "Rows that arrived at the destination in a simpler form than in the log, because their features were not JSON or the row was refused.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drift_ship_failures_total",
			Help: "Failed attempts to ship, by reason; they are retried.",
		}, []string{"reason"}),
		complete: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drift_ship_last_success_timestamp_seconds",
			Help: "Last time when all rows of the log had arrived at the destination, in seconds since 1970. Absent before the first time.",
		}),
		through: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drift_ship_ticks_through_timestamp_seconds",
			Help: "Time before which every row of the log has been counted and has arrived, in seconds since 1970. Absent before the first time.",
		}),
		ahead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drift_ship_clock_behind_seconds",
			Help: "By how many seconds the clock of this machine is behind that of the destination; negative if it is ahead. Absent before ticks have arrived.",
		}),
	}
	for _, t := range predictionlog.Tables {
		m.rows.WithLabelValues(string(t))
	}
	for _, reason := range Reasons {
		m.failures.WithLabelValues(reason)
	}
	m.registry.MustRegister(m.rows, m.altered, m.failures, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version.NewCollector("drift_exporter"))
	return m
}

// completed notes that all rows have arrived. Before the first call the metric is absent.
func (m *metrics) completed(now time.Time) {
	m.complete.Set(float64(now.UnixNano()) / 1e9)
	if !m.begun {
		m.begun = true
		m.registry.MustRegister(m.complete)
	}
}

// counted notes that all rows before a time have been counted, and how far ahead the clock of the
// destination is.
func (m *metrics) counted(through int64, ahead time.Duration) {
	m.through.Set(float64(through) / 1e9)
	m.ahead.Set(ahead.Seconds())
	if !m.counting {
		m.counting = true
		m.registry.MustRegister(m.through, m.ahead)
	}
}

// lag exports at each scrape how many rows the destination is behind the log, even while a batch
// hangs.
type lag struct {
	shipper *shipper
	reader  *sqlite.Reader // of its own: a scrape does not wait for a batch
	now     func() time.Time

	rows, seconds *prometheus.Desc
}

func newLag(s *shipper, now func() time.Time) *lag {
	return &lag{shipper: s, reader: sqlite.NewReader(s.path), now: now,
		rows:    prometheus.NewDesc("drift_ship_lag_rows", "Rows in the log that have not arrived at the destination, by table. Absent if the log cannot be read.", []string{"table"}, nil),
		seconds: prometheus.NewDesc("drift_ship_lag_seconds", "Age in seconds of the oldest row that has not arrived at the destination, by table; 0 if all have. Absent if the log cannot be read.", []string{"table"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (l *lag) Describe(ch chan<- *prometheus.Desc) { ch <- l.rows; ch <- l.seconds }

// Collect implements prometheus.Collector. It leaves out tables that cannot be read.
func (l *lag) Collect(ch chan<- prometheus.Metric) {
	upTo := l.shipper.upTo.Load()
	if upTo == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	newest, err := l.reader.Newest(ctx)
	if err != nil {
		return
	}
	behind, err := l.reader.Behind(ctx, *upTo)
	if err != nil {
		return
	}
	now := l.now().UnixNano()
	for _, t := range l.shipper.tables {
		rows := max(0, newest[t]-(*upTo)[t])
		ch <- prometheus.MustNewConstMetric(l.rows, prometheus.GaugeValue, float64(rows), string(t))
		age := 0.0
		if first, ok := behind[t]; ok {
			age = max(0, float64(now-first)/1e9)
		}
		ch <- prometheus.MustNewConstMetric(l.seconds, prometheus.GaugeValue, age, string(t))
	}
}
