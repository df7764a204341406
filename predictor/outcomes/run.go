package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// Options are what Run needs.
type Options struct {
	// LogPath is the prediction log.
	LogPath string
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

const (
	// keepEvery is the time between two searches for waiting outcomes whose prediction has
	// arrived.
	keepEvery = 5 * time.Second
	// compareEvery is the time between two comparisons of the sources.
	compareEvery = 5 * time.Minute
	// endTime is how long a stop waits for sources that are being read.
	endTime = 10 * time.Second
)

// daemon reads all sources of a configuration.
type daemon struct {
	options Options
	logger  *slog.Logger
	metrics *metrics
	log     *sqlite.Evidence
	state   *state

	mu      sync.Mutex
	config  *Config
	runners map[string]*runner
	kept    error // of the last look at the log
}

// Run reads every source until ctx ends, and then returns nil. It returns an error if the
// configuration is wrong or if it cannot listen.
func Run(ctx context.Context, o Options) (err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	config, err := o.Load()
	if err != nil {
		return err
	}
	log, err := sqlite.NewEvidence(o.LogPath, sqlite.EvidenceOptions{})
	if err != nil {
		return err
	}
	reader := sqlite.NewReader(o.LogPath)
	d := &daemon{options: o, logger: o.Logger, metrics: newMetrics(), log: log, runners: map[string]*runner{}, kept: errStarting}
	d.state = newState(d.metrics, reader, time.Now)
	d.state.reviewed, d.state.passwords = d.reviewed, func() (bool, error) { return serve.HasPasswords(*o.Web.WebConfigFile) }
	d.metrics.registry.MustRegister(d.state)
	defer func() { err = errors.Join(err, log.Close(), reader.Close()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d.apply(ctx, config)
	var background sync.WaitGroup
	background.Go(func() { d.keep(ctx) })
	background.Go(func() { serve.OnHangup(ctx, o.Hangup, func() { _ = d.reload(ctx) }) }) // logged there
	background.Go(func() { d.compare(ctx) })
	err = d.serve(ctx)
	stop()
	background.Wait()
	d.end()
	return err
}

var errStarting = errors.New("the log has not been opened yet")

// apply starts the sources of a configuration and stops those that are no longer in it. A source
// whose configuration did not change keeps running.
func (d *daemon) apply(ctx context.Context, c *Config) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.config = c
	d.log.Reconfigure(c.Agreement, c.Pending.Limit)
	next, names := map[string]*runner{}, []string{}
	for _, s := range c.Sources {
		names = append(names, s.Name)
		d.metrics.add(s.Name)
		old := d.runners[s.Name]
		if old != nil && old.config.Text == s.Text {
			next[s.Name] = old
			continue
		}
		r := &runner{config: s, log: d.log, metrics: d.metrics, logger: d.logger.With("name", s.Name)}
		var before <-chan struct{}
		if old != nil {
			old.stop()
			before = old.done
		}
		r.start(ctx, before)
		next[s.Name] = r
		d.logger.Info("reading a source of outcomes", "name", s.Name, "kind", s.Kind)
	}
	for name, old := range d.runners {
		if next[name] == nil {
			old.stop()
			d.metrics.remove(name)
			d.logger.Info("no longer reading a source of outcomes", "name", name)
		}
	}
	d.runners = next
	d.state.sources.Store(&names)
	d.metrics.reloaded.Set(1)
	d.metrics.reloadTime.Set(float64(time.Now().UnixNano()) / 1e9)
}

// end waits for the sources to stop. Their contexts have already ended.
func (d *daemon) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	timeout := time.After(endTime)
	for name, r := range d.runners {
		select {
		case <-r.done:
		case <-timeout:
			d.logger.Warn("a source did not stop in time; what it was reading is read again", "name", name)
			return
		}
	}
}

// reload loads the configuration and applies all of it. After an error it keeps the current one.
func (d *daemon) reload(ctx context.Context) error {
	config, err := d.options.Load()
	if err != nil {
		d.metrics.reloaded.Set(0)
		d.logger.Error("reload failed, the former configuration stays in use", "err", err)
		return err
	}
	d.apply(ctx, config)
	d.logger.Info("reloaded", "sources", len(config.Sources))
	return nil
}

// ready returns nil if the log can be used.
func (d *daemon) ready() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept != nil {
		return fmt.Errorf("the log cannot be used: %w", d.kept)
	}
	return nil
}
