package exporter

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// timeoutHeader has the number of seconds that Prometheus waits for this scrape.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// telemetry serves the page of metrics. Scrapes above the limit, and those that
// are refused, count in promhttp_metric_handler_requests_total like any other.
func (s *Server) telemetry() http.Handler {
	return promhttp.InstrumentMetricHandler(s.own, serve.Held(limited(s.options.MaxRequests, http.HandlerFunc(s.scrape)), writeTimeout))
}

// limited answers 503 while limit requests are being served; 0 is unlimited.
// promhttp has such a limit too, but one for each handler, and here every
// scrape has a handler of its own.
func limited(limit int, next http.Handler) http.Handler {
	if limit == 0 {
		return next
	}
	slots := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, fmt.Sprintf("%d scrapes are being served, which is the limit (--web.max-requests); try again later", limit),
				http.StatusServiceUnavailable)
		}
	})
}

// scrape answers one request with a gatherer of its own. A metric that cannot be shown is
// left out, logged and counted in promhttp_metric_handler_errors_total; the rest of the page
// stays.
//
// The handler returns when the gatherer does: the gatherer keeps the deadline.
func (s *Server) scrape(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		http.Error(w, "read the query: "+err.Error(), http.StatusBadRequest)
		return
	}
	names, err := choose(query, s.options.Collectors, s.options.Enabled)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	start := time.Now()
	left := budget(r.Header.Get(timeoutHeader), s.options.TimeoutOffset)
	ctx, cancel := context.WithTimeout(r.Context(), left)
	defer cancel()

	shown := page{s.options.Monitor.Gatherer(ctx, names), s.build}
	if !query.Has("collect[]") {
		shown = append(shown, s.own)
	}
	s.compressed(promhttp.HandlerFor(shown, promhttp.HandlerOpts{
		ErrorLog:           &errorLog{logger: s.logger},
		ErrorHandling:      promhttp.ContinueOnError,
		Registry:           s.own,
		EnableOpenMetrics:  true,
		DisableCompression: true, // compressed does it, faster
	})).ServeHTTP(w, r)
	s.logger.Debug("scraped", "timeout", left, "took", time.Since(start), "collectors", names, "remote", r.RemoteAddr)
}

// errorLog logs what promhttp reports about one page. Only the first report is an
// error: after a client has hung up, every further metric fails too.
type errorLog struct {
	logger   *slog.Logger
	reported bool
}

// Println implements promhttp.Logger.
func (l *errorLog) Println(v ...any) {
	level := slog.LevelError
	if l.reported {
		level = slog.LevelDebug
	}
	l.reported = true
	l.logger.Log(context.Background(), level, "metrics left out of a page", "err", strings.TrimSpace(fmt.Sprintln(v...)))
}
