package predictor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// How long the parts of a connection may take.
const (
	writeTimeout = 60 * time.Second
	idleTimeout  = 2 * time.Minute // Above the 60 s of usual load balancers, so that they close first.
	// drainTimeout is the time that a stop waits for requests under way. It is longer than
	// a request may take, and shorter than the 30 s after which Kubernetes kills.
	drainTimeout = 25 * time.Second
)

// RunOptions are what Run needs. LogPath, Web, and one of Model and Elsewhere are required.
type RunOptions struct {
	Model *model.Model
	// ModelPath is the file of Model, which is read again at each value of Hangup, at POST
	// /-/reload if EnableLifecycle is set, and when the file has changed, which is looked at each
	// RefreshInterval. Without it the model stays.
	ModelPath       string
	RefreshInterval time.Duration
	EnableLifecycle bool
	Hangup          <-chan os.Signal
	// ShadowPath is the file of another version that scores every request a second time, once it
	// is answered. There may be no such file.
	ShadowPath string
	// Elsewhere makes what replaces Model, once the log is open.
	Elsewhere func(log Log, metrics *Metrics) (*Elsewhere, error)
	// LogPath is the prediction log, created when missing.
	LogPath string
	// LogOptions say how it is kept. OnCommit is called besides the predictor's
	// own; OnUnshipped and OnDropped are the predictor's.
	LogOptions sqlite.WriterOptions
	// LogFailure, MaxRequests, TelemetryPath and EnablePprof are as in Options.
	LogFailure    string
	MaxRequests   int
	TelemetryPath string
	EnablePprof   bool
	// Explore is as in Options.
	Explore float64
	// MaxConnections is as in serve.Options.
	MaxConnections int
	// Web is where and how to listen: addresses, systemd socket, TLS and
	// passwords.
	Web *web.FlagConfig
	// Listening is called with each bound address when connections to it are
	// answered; not at all when nil.
	Listening func(net.Addr)
	// Logger gets what an operator must know; nothing when nil.
	Logger *slog.Logger
}

// Run serves predictions until ctx ends, then answers the requests under way,
// commits the log, and returns nil. It returns an error when it cannot start,
// or cannot go on, or had to cut off requests that took too long to end.
func Run(ctx context.Context, o RunOptions) (err error) {
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if o.Model == nil && o.Elsewhere == nil {
		return errors.New("run predictor: a model is required")
	}
	if err := checkExplore(o.Explore, o.Model); err != nil {
		return fmt.Errorf("run predictor: %w", err)
	}
	metrics := NewMetrics()
	log, err := sqlite.OpenWriter(ctx, o.LogPath, o.logOptions(metrics, logger))
	if err != nil {
		return fmt.Errorf("run predictor: %w", err)
	}
	defer func() {
		if closed := log.Close(); closed != nil {
			err = errors.Join(err, fmt.Errorf("close the prediction log: %w", closed))
		}
	}()
	return Serve(ctx, log, metrics, o)
}

// viewer is a log that has a view of the predictions for analysts.
type viewer interface {
	EnsureView(ctx context.Context, model string, features []string) (string, error)
}

// ensureView makes the view of a model's predictions. A view that cannot be made is missing for
// analysts only; predictions work without.
func ensureView(ctx context.Context, log Log, m *model.Model, logger *slog.Logger) {
	v, ok := log.(viewer)
	if !ok {
		return
	}
	if view, err := v.EnsureView(ctx, m.Name, m.FeatureNames()); err != nil {
		logger.Warn("view of the predictions could not be made", "err", err)
	} else {
		logger.Debug("view of the predictions is made", "view", view)
	}
}

// Serve is Run with a log that the caller opens before and closes after it. It ignores the
// log's path and options in o. Metrics may be nil.
func Serve(ctx context.Context, log Log, metrics *Metrics, o RunOptions) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if metrics == nil {
		metrics = NewMetrics()
	}
	var elsewhere *Elsewhere
	if o.Elsewhere != nil {
		var err error
		if elsewhere, err = o.Elsewhere(log, metrics); err != nil {
			return fmt.Errorf("run predictor: %w", err)
		}
		if elsewhere.Close != nil {
			defer elsewhere.Close()
		}
	}
	options := Options{
		Model: o.Model, Elsewhere: elsewhere, Log: log, LogFailure: o.LogFailure, MaxRequests: o.MaxRequests,
		TelemetryPath: o.TelemetryPath, EnablePprof: o.EnablePprof, Metrics: metrics, Logger: o.Logger,
		Explore: o.Explore,
	}
	current, err := newReloading(ctx, options, &o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer current.wait()
	defer stop()
	current.watch(ctx)
	err = serve.Run(ctx, current.handler(), serve.Options{
		Web: o.Web, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxConnections: o.MaxConnections,
		Grace: drainTimeout, Listening: o.Listening, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("run predictor: %w", err)
	}
	return nil
}

// logOptions returns the caller's options, with functions that count commits.
func (o *RunOptions) logOptions(metrics *Metrics, logger *slog.Logger) sqlite.WriterOptions {
	options, theirs := o.LogOptions, o.LogOptions.OnCommit
	options.OnUnshipped, options.OnDropped = metrics.Unshipped, metrics.Dropped
	if o.Model != nil {
		options.Classes = o.Model.Classes()
	}
	options.OnCommit = func(rows int, took time.Duration, err error) {
		metrics.Commit(rows, took, err)
		if theirs != nil {
			theirs(rows, took, err)
		}
	}
	if options.Logger == nil {
		options.Logger = logger
	}
	return options
}
