package exporter

import (
	"net/http"
	"net/http/pprof"
)

// routes returns what is served at which path. A known path asked with
// another method is answered by the mux: 405, with the methods allowed.
func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+s.prefix+"/-/healthy", healthy)
	mux.HandleFunc("GET "+s.prefix+"/-/ready", s.ready)
	reload := http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.serveReload))
	mux.Handle("POST "+s.prefix+"/-/reload", reload)
	mux.Handle("PUT "+s.prefix+"/-/reload", reload)
	if s.options.EnablePprof {
		s.routePprof(mux)
	}
	for path, page := range s.options.Pages {
		mux.Handle("GET "+s.prefix+path, http.StripPrefix(s.prefix, page))
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

// routePprof serves the runtime's profiles. The handlers of net/http/pprof know
// only the path /debug/pprof/, so the prefix is taken off before.
func (s *Server) routePprof(mux *http.ServeMux) {
	for path, handler := range map[string]http.HandlerFunc{
		"/debug/pprof/":        pprof.Index,
		"/debug/pprof/cmdline": pprof.Cmdline,
		"/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol":  pprof.Symbol,
		"/debug/pprof/trace":   pprof.Trace,
	} {
		mux.Handle("GET "+s.prefix+path, http.StripPrefix(s.prefix, handler))
	}
	mux.Handle("POST "+s.prefix+"/debug/pprof/symbol", http.StripPrefix(s.prefix, http.HandlerFunc(pprof.Symbol)))
}
