package outcomes

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// state exports at each scrape how far the sources are, also while one hangs.
type state struct {
	metrics *metrics
	reader  *sqlite.Reader // of its own: a scrape does not wait for a source
	sources atomic.Pointer[[]string]
	now     func() time.Time

	pending, lag, read *prometheus.Desc
}

func newState(m *metrics, reader *sqlite.Reader, now func() time.Time) *state {
	return &state{metrics: m, reader: reader, now: now,
		pending: prometheus.NewDesc("drift_outcomes_pending", "Outcomes of a source whose prediction is not in the log yet. Absent if the log cannot be read.", []string{"source"}, nil),
		lag:     prometheus.NewDesc("drift_outcomes_lag_seconds", "Time since everything that the source held had been read, in seconds. Absent before the first time.", []string{"source"}, nil),
		read:    prometheus.NewDesc("drift_outcomes_last_success_timestamp_seconds", "Time when everything that the source held had last been read, in seconds since 1970. Absent before the first time.", []string{"source"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) { ch <- s.pending; ch <- s.lag; ch <- s.read }

// Collect implements prometheus.Collector. What cannot be read is left out.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	now := s.now()
	for source, at := range s.metrics.lastRead() {
		ch <- prometheus.MustNewConstMetric(s.lag, prometheus.GaugeValue, max(0, now.Sub(at).Seconds()), source)
		ch <- prometheus.MustNewConstMetric(s.read, prometheus.GaugeValue, float64(at.UnixNano())/1e9, source)
	}
	sources := s.sources.Load()
	if sources == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := s.reader.State(ctx); err != nil { // opens the log that has the name now
		return
	}
	waiting, err := s.reader.CountPending(ctx)
	if err != nil {
		return
	}
	for _, source := range *sources {
		ch <- prometheus.MustNewConstMetric(s.pending, prometheus.GaugeValue, float64(waiting[source]), source)
	}
}
