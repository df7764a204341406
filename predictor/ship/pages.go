package ship

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// maxConnections limits the connections to the shipper's pages, which few programs read.
const maxConnections = 256

// pages are the shipper's HTTP pages.
type pages struct {
	handler http.Handler
	lag     *lag
}

func newPages(s *shipper, telemetry string, state func() error) *pages {
	p := &pages{lag: newLag(s, time.Now)}
	s.metrics.registry.MustRegister(p.lag)
	mux := http.NewServeMux()
	mux.Handle("GET "+telemetry, promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "the shipper is up")
	})
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := state(); err != nil {
			http.Error(w, "not shipping: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "the shipper is ready")
	})
	p.handler = serve.Unknown(mux, telemetry, "/-/healthy", "/-/ready")
	return p
}

func (p *pages) close() error { return p.lag.reader.Close() }

// serve serves HTTP until ctx ends.
func (p *pages) serve(ctx context.Context, o Options) error {
	return serve.Run(ctx, serve.Guard(serve.Whole(p.handler), o.Logger), serve.Options{
		Web: o.Web, WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, MaxConnections: maxConnections,
		Grace: 5 * time.Second, Listening: o.Listening, Logger: o.Logger,
	})
}
