// Package predictor serves a model over HTTP, and records its predictions and their
// outcomes. It validates requests, answers once the log has the record on disk, and does not
// import the monitoring that reads the log.
package predictor

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// What a predictor does while its log cannot be written.
const (
	// LogFailureRefuse answers 503: no prediction without a record.
	LogFailureRefuse = "refuse"
	// LogFailureServe answers without a record; the answer says so.
	LogFailureServe = "serve"
)

// Log records predictions and their outcomes. *sqlite.Writer implements it and documents
// the methods.
type Log interface {
	Append(ctx context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error)
	AppendRequest(ctx context.Context, r predictionlog.Request) ([]predictionlog.Record, error)
	AppendOutcomes(ctx context.Context, batch []predictionlog.Feedback) ([]predictionlog.Accepted, error)
	Refuse(model, version, reason string)
	Ready() error
}

// Elsewhere are models that run elsewhere, whose predictions come to the log by other pages
// than /predict.
type Elsewhere struct {
	// Names are their names, for people.
	Names string
	// Pages are further pages, by path.
	Pages map[string]http.Handler
	// Rest answers requests for any other path; a problem if it is nil.
	Rest http.Handler
	// Close is called once no request is under way; it may be nil.
	Close func()
}

// Options are what a Server needs. Log, and one of Model and Elsewhere, are required.
type Options struct {
	Model     *model.Model
	Elsewhere *Elsewhere
	Log       Log
	// LogFailure is LogFailureRefuse, the default, or LogFailureServe.
	LogFailure string
	// MaxRequests is the maximum number of requests to /predict and /feedback in flight,
	// from the end of their body until their answer; more are answered with 429. 0 means
	// no limit.
	MaxRequests int
	// TelemetryPath is the path of the predictor's own metrics; "/metrics" when empty.
	TelemetryPath string
	// EnablePprof serves Go's profiles under /debug/pprof/.
	EnablePprof bool
	// Explore is the probability of answering with the other class, at most 0.5; 0 for never.
	// Random returns numbers in [0, 1) for that; those of math/rand/v2 when nil.
	Explore float64
	Random  func() float64
	// Metrics are where the server counts; new ones when nil.
	Metrics *Metrics
	// Logger gets panics and failures of the log; nothing when nil.
	Logger *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	// former is the server that the new one takes the place of, with the same log and metrics;
	// nil for the first one.
	former *Server
	shadow *shadow
}

// Server answers requests for predictions, feedback, and pages about itself. It is safe for
// concurrent use.
type Server struct {
	model       *model.Model // without a name if the models run elsewhere
	elsewhere   *Elsewhere
	schema      *schema
	outcomes    outcomes
	log         Log
	serve       bool // LogFailureServe
	explorer    explorer
	maxRequests int64
	metrics     *Metrics
	logger      *slog.Logger
	now         func() time.Time
	started     time.Time

	handler http.Handler
	flying  *atomic.Int64
	info    prometheus.Gauge
	shadow  *shadow
	failing atomic.Bool // The last attempt to write the log failed.
	bodies  *bodies
	inputs  sync.Pool // *input
}

// New returns a server for the model. It fails when an option is invalid.
func New(o Options) (*Server, error) {
	if o.Elsewhere != nil {
		o.Model = &model.Model{Name: o.Elsewhere.Names}
	}
	if o.Model == nil || o.Log == nil {
		return nil, fmt.Errorf("new predictor: a model and a log are required")
	}
	s := &Server{
		model: o.Model, elsewhere: o.Elsewhere, schema: newSchema(o.Model), log: o.Log,
		maxRequests: int64(o.MaxRequests), metrics: o.Metrics, logger: o.Logger, now: o.Now,
		bodies: newBodies(), flying: new(atomic.Int64), shadow: o.shadow,
		inputs: sync.Pool{New: func() any { return new(input) }},
	}
	if s.outcomes = anyOutcomes(); o.Elsewhere == nil {
		s.outcomes = outcomesOf(o.Model)
	}
	switch o.LogFailure {
	case "", LogFailureRefuse:
	case LogFailureServe:
		s.serve = true
	default:
		return nil, fmt.Errorf("new predictor: unknown log failure mode %q; choose %q or %q", o.LogFailure, LogFailureRefuse, LogFailureServe)
	}
	if o.MaxRequests < 0 {
		return nil, fmt.Errorf("new predictor: the limit of requests is %d; use 0 for no limit", o.MaxRequests)
	}
	if err := checkExplore(o.Explore, o.Model); err != nil {
		return nil, fmt.Errorf("new predictor: %w", err)
	}
	s.explorer = explorer{o.Explore, o.Random}
	if o.Random == nil {
		s.explorer.random = rand.Float64
	}
	if s.metrics == nil {
		s.metrics = NewMetrics()
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.started = s.now()
	if o.former != nil {
		s.started, s.bodies, s.flying = o.former.started, o.former.bodies, o.former.flying
	} else if err := s.register(); err != nil {
		return nil, fmt.Errorf("new predictor: %w", err)
	}
	telemetry := o.TelemetryPath
	if telemetry == "" {
		telemetry = "/metrics"
	}
	handler, err := s.routes(telemetry, o.EnablePprof)
	if err != nil {
		return nil, fmt.Errorf("new predictor: %w", err)
	}
	s.handler = handler
	return s, nil
}

// Handler returns the server's pages.
func (s *Server) Handler() http.Handler {
	return s.handler
}

// register adds the metrics that depend on the model and the log.
func (s *Server) register() error {
	var all []prometheus.Collector
	if s.elsewhere == nil {
		s.info = s.modelInfo()
		all = append(all, s.info)
	}
	writable := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "predictor_log_writable",
		Help: "1 if the prediction log can be written, else 0.",
	}, func() float64 {
		if s.log.Ready() != nil {
			return 0
		}
		return 1
	})
	flying := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "predictor_requests_in_flight",
		Help: "Requests to /predict and /feedback that are being answered now.",
	}, func() float64 { return float64(s.flying.Load()) })
	for _, c := range append(all, writable, flying) {
		if err := s.metrics.registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// modelInfo names the model that is served.
func (s *Server) modelInfo() prometheus.Gauge {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "predictor_model_info",
		Help:        "Always 1. The labels name the model that is served.",
		ConstLabels: prometheus.Labels{"model": strings.ToValidUTF8(s.model.Name, "?"), "version": strings.ToValidUTF8(s.model.Version, "?")},
	})
	info.Set(1)
	return info
}
