package outcomes

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// state exports the progress of the sources at each scrape, even while a source hangs.
type state struct {
	metrics *metrics
	reader  *sqlite.Reader // of its own: a scrape does not wait for a source
	sources atomic.Pointer[[]string]
	quality atomic.Pointer[quality] // nil: not known
	now     func() time.Time

	reviewed func() (name string, s Reviewed) // nil: none is configured
	reviews  *reviewMetrics
	// passwords reports whether passwords are configured.
	passwords func() (bool, error)

	pending, lag, read            *prometheus.Desc
	agrees, estimated, confidence *prometheus.Desc
	difference                    *prometheus.Desc
}

func newState(m *metrics, reader *sqlite.Reader, now func() time.Time) *state {
	return &state{metrics: m, reader: reader, now: now, reviews: newReviewMetrics(),
		pending:    prometheus.NewDesc("drift_outcomes_pending", "Outcomes of a source whose prediction is not in the log yet. Absent if the log cannot be read.", []string{"source"}, nil),
		lag:        prometheus.NewDesc("drift_outcomes_lag_seconds", "Time since everything that the source held had been read, in seconds. Absent before the first time.", []string{"source"}, nil),
		read:       prometheus.NewDesc("drift_outcomes_last_success_timestamp_seconds", "Time when everything that the source held had last been read, in seconds since 1970. Absent before the first time.", []string{"source"}, nil),
		agrees:     prometheus.NewDesc("drift_outcomes_agreement_ratio", "Share of predictions for which the source reports the outcome that counts (of a regression: within outcome.tolerance), among those with another source too, in [0, 1]. Absent without such predictions.", []string{"source"}, nil),
		estimated:  prometheus.NewDesc("drift_outcomes_estimated_accuracy", "Accuracy of the source estimated from overlaps alone (Dawid and Skene), in [0, 1]. Absent for regressions, and unless three sources report on one prediction.", []string{"source"}, nil),
		difference: prometheus.NewDesc("drift_outcomes_mean_absolute_difference", "Mean absolute difference between the numbers of the source and those that count, for regressions, in the unit of the numbers. Absent without predictions on which another source reports too.", []string{"source"}, nil),
		confidence: prometheus.NewDesc("drift_outcomes_claimed_confidence", "Mean confidence that the source claims, in (0, 1], to compare with its estimated accuracy. Absent before its first outcome.", []string{"source"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.pending, s.lag, s.read, s.agrees, s.estimated, s.confidence, s.difference} {
		ch <- d
	}
	s.reviews.describe(ch)
}

// Collect implements prometheus.Collector. It leaves out what cannot be read.
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
	s.collectQuality(ch, *sources)
	if name, source := s.reviewed(); source != nil {
		if r, ok := source.Reviews(); ok {
			if passwords, err := s.passwords(); err == nil && passwords {
				r.Open = false
			}
			s.reviews.collect(ch, name, &r)
		}
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

// collectQuality sends how good the configured sources are.
func (s *state) collectQuality(ch chan<- prometheus.Metric, sources []string) {
	q := s.quality.Load()
	if q == nil {
		return
	}
	for i, name := range q.names {
		if !slices.Contains(sources, name) {
			continue
		}
		ch <- prometheus.MustNewConstMetric(s.confidence, prometheus.GaugeValue, q.claimed[i], name)
		if ratio, ok := q.ratio(i); ok {
			ch <- prometheus.MustNewConstMetric(s.agrees, prometheus.GaugeValue, ratio, name)
		}
		if difference, ok := q.counting[i].Difference(); ok {
			ch <- prometheus.MustNewConstMetric(s.difference, prometheus.GaugeValue, difference, name)
		}
		if !math.IsNaN(q.estimated[i]) {
			ch <- prometheus.MustNewConstMetric(s.estimated, prometheus.GaugeValue, q.estimated[i], name)
		}
	}
}
