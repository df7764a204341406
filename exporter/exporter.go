// Package exporter serves the exporter's pages over HTTP: /metrics within the scrape's
// deadline, a landing page, /-/healthy, /-/ready, /-/reload and, if enabled, pprof. TLS,
// basic authentication and listeners are those of the exporter-toolkit. The metrics of the
// models come from a Monitor.
package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// Monitor makes the metrics of the models. *monitor.Monitor implements it. All methods are
// called concurrently.
type Monitor interface {
	// Gatherer returns the metrics of one scrape. Names are the collectors to run; nil
	// means the enabled ones, an empty slice none. When ctx ends, Gather returns the
	// metrics that it has. They are checked and sorted like those of a
	// prometheus.Registry, and are not changed here.
	Gatherer(ctx context.Context, names []string) prometheus.Gatherer

	// Reload reads the configuration and the references again. On an error the old ones
	// stay in use.
	Reload() error

	// Ready returns nil once the models can be monitored, else the reason why
	// they cannot yet.
	Ready() error
}

// Options say how to serve. The names in the comments are the flags that
// set them.
type Options struct {
	// Monitor gathers once per scrape. Required.
	Monitor Monitor

	// Web holds --web.listen-address, --web.systemd-socket and
	// --web.config.file. Required by Run, not by New.
	Web *web.FlagConfig

	// TelemetryPath is --web.telemetry-path, such as /metrics. With / there is no
	// landing page.
	TelemetryPath string

	// MaxRequests is --web.max-requests: how many scrapes may be in flight
	// before further ones are answered with 503; 0 is unlimited.
	MaxRequests int

	// MaxConnections is --web.max-connections, as in serve.Options.
	MaxConnections int

	// TimeoutOffset is --scrape.timeout-offset: how long before Prometheus gives
	// up the answer is sent; not negative.
	TimeoutOffset time.Duration

	// EnablePprof is --web.enable-pprof: serve /debug/pprof/.
	EnablePprof bool

	// EnableLifecycle is --web.enable-lifecycle: allow POST /-/reload.
	EnableLifecycle bool

	// ExternalURL is --web.external-url: an http or https URL, or only its
	// path, under which a reverse proxy shows this exporter. Everything is served
	// below that path. Empty means at the root.
	ExternalURL string

	// Collectors are the names of all collectors, Enabled those that run when a scrape
	// names none.
	Collectors, Enabled []string

	// Pages are further pages by path, such as /models; a path that ends in / holds
	// everything below it. They answer GET and HEAD, and see the path without that of
	// ExternalURL.
	Pages map[string]Page

	// Logger receives messages for operators; nil discards them.
	Logger *slog.Logger

	// Listening, when set, is called with every address that Run has bound, once
	// each, never two at the same time.
	Listening func(net.Addr)

	// Hangup makes Run reload for each value received, as on SIGHUP; nil never.
	Hangup <-chan os.Signal
}

// Page is one of Options.Pages. With a Text the landing page links to it.
type Page struct {
	http.Handler

	Text, Description string
	// ForAlerts says that alerts link to this page.
	ForAlerts bool
}

// Server is the exporter's HTTP side.
type Server struct {
	options    Options
	logger     *slog.Logger
	prefix     string               // of every path: "" or "/drift"
	build      prometheus.Gatherer  // drift_exporter_build_info and _page_info, on every page
	own        *prometheus.Registry // the metrics of this process
	handler    http.Handler
	compressed func(http.Handler) http.HandlerFunc
	reloading  sync.Mutex
}

// New checks the options and returns a server that does not listen yet. The
// errors name the flag at fault.
func New(o Options) (*Server, error) {
	if o.Monitor == nil {
		return nil, errors.New("exporter: no monitor given")
	}
	if o.MaxRequests < 0 {
		return nil, fmt.Errorf("--web.max-requests=%d: must not be negative; 0 means unlimited", o.MaxRequests)
	}
	if o.TimeoutOffset < 0 {
		return nil, fmt.Errorf("--scrape.timeout-offset=%v: must not be negative", o.TimeoutOffset)
	}
	if err := checkTelemetryPath(o.TelemetryPath); err != nil {
		return nil, fmt.Errorf("--web.telemetry-path=%s: %w", o.TelemetryPath, err)
	}
	for p, page := range o.Pages {
		if err := checkPage(p, o.TelemetryPath); err != nil {
			return nil, fmt.Errorf("page %s: %w", p, err)
		}
		if page.Handler == nil {
			return nil, fmt.Errorf("page %s has no handler", p)
		}
	}
	prefix, err := routePrefix(o.ExternalURL)
	if err != nil {
		return nil, fmt.Errorf("--web.external-url=%s: %w", o.ExternalURL, err)
	}
	for _, name := range o.Enabled {
		if !slices.Contains(o.Collectors, name) {
			return nil, fmt.Errorf("enabled collector %q is not among the collectors %q", name, o.Collectors)
		}
	}
	build, err := fixed(append(pageInfo(&o), version.NewCollector("drift_exporter"))...)
	if err != nil {
		return nil, fmt.Errorf("describe the build: %w", err)
	}
	compressed, err := compressing()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options:    o,
		logger:     o.Logger,
		prefix:     prefix,
		build:      build,
		compressed: compressed,
		own:        prometheus.NewRegistry(),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	s.own.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = serve.Guard(serve.Whole(serve.Unknown(mux, s.addresses()...)), s.logger)
	return s, nil
}

// Handler returns the handler of all paths. It does not authenticate; Run does, as
// --web.config.file says.
func (s *Server) Handler() http.Handler { return s.handler }
