package exporter

import (
	"net/http"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// routes returns the handlers by path. For another method on a known path the mux answers
// 405 with the allowed methods.
func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+s.prefix+"/-/healthy", healthy)
	mux.HandleFunc("GET "+s.prefix+"/-/ready", s.ready)
	reload := serve.Reload(s.options.EnableLifecycle, s.reload)
	mux.Handle("POST "+s.prefix+"/-/reload", reload)
	mux.Handle("PUT "+s.prefix+"/-/reload", reload)
	if s.options.EnablePprof {
		serve.Pprof(mux, s.prefix)
	}
	for path, page := range s.options.Pages {
		mux.Handle("GET "+s.prefix+path, s.compressed(http.StripPrefix(s.prefix, page)))
	}
	if s.prefix != "" {
		mux.Handle("GET /{$}", http.RedirectHandler(s.prefix+"/", http.StatusFound))
	}
	if s.options.TelemetryPath == "/" {
		mux.Handle("GET "+s.prefix+"/{$}", s.telemetry())
		return mux, nil
	}
	mux.Handle("GET "+s.prefix+s.options.TelemetryPath, s.telemetry())
	landing, err := s.landingPage()
	if err != nil {
		return nil, err
	}
	mux.Handle("GET "+s.prefix+"/{$}", landing)
	return mux, nil
}
