package ship

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

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
	p.handler = mux
	return p
}

func (p *pages) close() error { return p.lag.reader.Close() }

// serve listens until ctx ends.
func (p *pages) serve(ctx context.Context, o Options) error {
	server := &http.Server{
		Handler:           p.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		BaseContext: func(l net.Listener) context.Context {
			if o.Listening != nil {
				o.Listening(l.Addr())
			}
			return context.WithoutCancel(ctx)
		},
	}
	ended := make(chan error, 1)
	stopping, stop := context.WithCancel(ctx)
	go func() {
		<-stopping.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		ended <- server.Shutdown(limit)
	}()
	err := web.ListenAndServe(server, o.Web, o.Logger)
	stop()
	stopped := <-ended
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", errors.Join(err, stopped))
	}
	return stopped
}
