package respond

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// Options are what Run needs.
type Options struct {
	// LogPath is the prediction log.
	LogPath string
	// AuditPath is the audit file, Folder the folder for files of runs.
	AuditPath, Folder string
	// Load reads the configuration, at the start and at every reload.
	Load func() (*Config, error)
	// TelemetryPath is the path of the metrics page.
	TelemetryPath string
	// Web says where and how to listen.
	Web *web.FlagConfig
	// MaxConnections is the flag --web.max-connections.
	MaxConnections int
	// EnableLifecycle allows POST /-/reload.
	EnableLifecycle bool
	// Hangup reloads the configuration at each value. It may be nil.
	Hangup <-chan os.Signal
	// Listening is called with each bound address. It may be nil.
	Listening func(net.Addr)
	// Logger receives what an operator must know. It may be nil.
	Logger *slog.Logger
}

// daemon receives alerts.
type daemon struct {
	options Options
	logger  *slog.Logger
	metrics *metrics
	engine  *engine
}

// Run receives alerts and runs playbooks until ctx ends, and then returns nil. It returns an error
// if the configuration or the audit file is wrong, or if it cannot listen.
func Run(ctx context.Context, o Options) (err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	config, err := o.Load()
	if err != nil {
		return err
	}
	d := &daemon{options: o, logger: o.Logger, metrics: newMetrics()}
	if d.engine, err = openEngine(o.AuditPath, o.Folder, o.LogPath, config, d.metrics, o.Logger, time.Now); err != nil {
		return err
	}
	d.metrics.registry.MustRegister(d.engine)
	d.loaded(config)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d.engine.resume(ctx)
	var background sync.WaitGroup
	background.Go(func() { serve.OnHangup(ctx, o.Hangup, func() { _ = d.reload() }) }) // logged there
	err = serve.Run(ctx, serve.Guard(d.handler(ctx), d.logger), serve.Options{
		Web: o.Web, WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, MaxConnections: o.MaxConnections,
		Grace: 5 * time.Second, Listening: o.Listening, Logger: d.logger,
	})
	stop()
	background.Wait()
	return errors.Join(err, d.engine.close())
}

// loaded notes that a configuration is in use.
func (d *daemon) loaded(c *Config) {
	d.metrics.use(c)
	d.metrics.reloaded.Set(1)
	d.metrics.reloadTime.Set(float64(time.Now().UnixNano()) / 1e9)
	for _, p := range c.Playbooks {
		d.logger.Info("playbook", "name", p.Name, "alerts", p.Alerts, "steps", len(p.Steps), "dry_run", p.DryRun)
	}
}

// reload loads the configuration. After an error it keeps the current one.
func (d *daemon) reload() error {
	c, err := d.options.Load()
	if err != nil {
		d.metrics.reloaded.Set(0)
		d.logger.Error("reload failed, the former configuration stays in use", "err", err)
		return err
	}
	d.engine.configure(c)
	d.loaded(c)
	return nil
}
