package predictor

import (
	"fmt"
	"html"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// routes builds the server's pages. Every answer that is not a page of its own,
// unknown paths included, is a problem.
func (s *Server) routes(telemetry string, profiles bool) (http.Handler, error) {
	pages := map[string]http.Handler{
		"/-/healthy": http.HandlerFunc(s.healthy),
		"/-/ready":   http.HandlerFunc(s.ready),
	}
	if s.elsewhere == nil {
		description, err := s.openAPI(telemetry)
		if err != nil {
			return nil, err
		}
		pages["/health"], pages["/openapi.json"] = http.HandlerFunc(s.health), description
	}
	taken := append(slices.Collect(maps.Keys(pages)), "/", "/predict", "/feedback")
	if !strings.HasPrefix(telemetry, "/") || path.Clean(telemetry) != telemetry || strings.ContainsAny(telemetry, "{} ?#%") ||
		slices.Contains(taken, telemetry) || strings.HasPrefix(telemetry, "/debug/pprof") {
		return nil, fmt.Errorf("the telemetry path %q cannot be used; choose another, such as /metrics", telemetry)
	}
	pages[telemetry] = promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		Registry: s.metrics.registry, EnableOpenMetrics: true,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelError),
	})
	mux := http.NewServeMux()
	if s.elsewhere == nil {
		landing, err := landingPage(s.model.Name, s.model.Version, telemetry, profiles)
		if err != nil {
			return nil, err
		}
		pages["/{$}"] = landing
		mux.Handle("/predict", s.api("/predict", endpoint{answer: s.predict, unread: s.noteRefused}))
	}
	for address, page := range pages {
		mux.Handle(address, serve.Guard(readOnly(serve.Whole(page)), s.logger))
	}
	mux.Handle("/feedback", s.api("/feedback", endpoint{answer: s.feedback}))
	if profiles {
		serve.Pprof(mux, "")
	}
	rest := http.Handler(http.HandlerFunc(s.unknown))
	if s.elsewhere != nil {
		for address, page := range s.elsewhere.Pages {
			mux.Handle(address, serve.Guard(page, s.logger))
		}
		if s.elsewhere.Rest != nil {
			rest = serve.Guard(s.elsewhere.Rest, s.logger)
		}
	}
	return withRest(mux, rest), nil
}

// unknown answers a request for a page that does not exist.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	advice := "; POST to /predict or /feedback, or see / and /openapi.json"
	if s.elsewhere != nil {
		advice = "; POST to /events or /feedback, or name the model with --upstream.url"
	}
	newProblem(http.StatusNotFound, "", "there is no page "+strconv.Quote(clip([]byte(r.URL.Path)))+advice).write(w)
}

// withRest calls mux for the paths that it has, and rest for all others. A mux would
// redirect some of those, such as paths with two slashes, before rest sees them.
func withRest(mux *http.ServeMux, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			rest.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// readOnly lets GET and HEAD through.
func readOnly(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			wrongMethod(r, "GET, HEAD").write(w)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// wrongMethod refuses a method that the page does not have.
func wrongMethod(r *http.Request, allow string) *problem {
	p := newProblem(http.StatusMethodNotAllowed, reasonMethod, r.URL.Path+" has no "+strconv.Quote(clip([]byte(r.Method)))+"; use "+allow)
	p.allow = allow
	return p
}

// landingPage is the page at /, for people.
func landingPage(name, version, telemetry string, profiles bool) (http.Handler, error) {
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "Predictor",
		Description: "Predictions of " + html.EscapeString(name) + ", recorded.",
		Version:     html.EscapeString(version),
		Profiling:   strconv.FormatBool(profiles),
		Links: []web.LandingLinks{
			{Address: "/openapi.json", Text: "OpenAPI", Description: "what to send to /predict and /feedback, and what comes back"},
			{Address: "/health", Text: "Health", Description: "the model and the state of its log"},
			{Address: telemetry, Text: "Metrics", Description: "of the predictor itself; the model's are the exporter's"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("make the landing page: %w", err)
	}
	return landing, nil
}
