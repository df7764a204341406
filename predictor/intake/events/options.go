package events

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
)

// Options are what a Handler needs.
type Options struct {
	// Path is the file in which events wait for their partners.
	Path string
	// Config says how exchanges are read; Recorder writes the log.
	Config   *intake.Config
	Recorder *record.Recorder
	// Tee gets every event that was taken; nil: nobody.
	Tee *url.URL
	// Expire is how long an event waits for its partner. Waiting and Bytes bound how many
	// wait, and their bodies together.
	Expire         time.Duration
	Waiting, Bytes int64
	// Registry gets metrics, Logger what an operator must know.
	Registry prometheus.Registerer
	Logger   *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	metrics metrics
}

type metrics struct {
	received *prometheus.CounterVec
	unpaired *prometheus.CounterVec
	waiting  prometheus.Gauge
	tee      prometheus.Counter
}

func (o *Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// register makes the metrics.
func (o *Options) register() error {
	o.metrics = metrics{
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_events_total",
			Help: "Events at /events by result: waiting for the partner, paired with it, repeated, refused (400 to 415) or unavailable (503).",
		}, []string{"result"}),
		unpaired: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "predictor_events_unpaired_total",
			Help: "Events whose partner did not come within --events.expire, by what they are: request or response. They are not in the log.",
		}, []string{"event"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "predictor_events_waiting",
			Help: "Events that wait for their partner, on disk.",
		}),
		tee: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "predictor_events_tee_failures_total",
			Help: "Events that --events.tee did not take; they were answered with 502 and are in the log all the same.",
		}),
	}
	for _, result := range []string{"waiting", "paired", "repeated", "refused", "unavailable"} {
		o.metrics.received.WithLabelValues(result)
	}
	o.metrics.unpaired.WithLabelValues("request")
	o.metrics.unpaired.WithLabelValues("response")
	for _, c := range []prometheus.Collector{o.metrics.received, o.metrics.unpaired, o.metrics.waiting, o.metrics.tee} {
		if err := o.Registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}
