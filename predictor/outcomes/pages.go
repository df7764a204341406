package outcomes

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// handler returns the HTTP pages of the process. Sources that a reload starts run until ctx ends.
func (d *daemon) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+d.options.TelemetryPath, promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "reading outcomes")
	})
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := d.ready(); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	people := d.people()
	mux.Handle("GET /review", people)
	mux.Handle("POST /review", people)
	mux.Handle("POST /validate", people)
	mux.Handle("POST /-/reload", serve.Reload(d.options.EnableLifecycle, func() error { return d.reload(ctx) }))
	return serve.Unknown(mux, "/review", d.options.TelemetryPath, "/-/healthy", "/-/ready")
}

// serve serves HTTP until ctx ends.
func (d *daemon) serve(ctx context.Context) error {
	return serve.Run(ctx, serve.Guard(serve.Whole(d.handler(ctx)), d.logger), serve.Options{
		Web: d.options.Web, WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, MaxConnections: d.options.MaxConnections,
		Grace: 5 * time.Second, Listening: d.options.Listening, Logger: d.logger,
	})
}
