package serve

import (
	"net/http"
	"net/http/pprof"
)

// Pprof serves the runtime's profiles below prefix + "/debug/pprof/". The handlers of
// net/http/pprof only work without a prefix, so it is removed before.
func Pprof(mux *http.ServeMux, prefix string) {
	for path, handler := range map[string]http.HandlerFunc{
		"/debug/pprof/":        pprof.Index,
		"/debug/pprof/cmdline": pprof.Cmdline,
		"/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol":  pprof.Symbol,
		"/debug/pprof/trace":   pprof.Trace,
	} {
		mux.Handle("GET "+prefix+path, http.StripPrefix(prefix, handler))
	}
	mux.Handle("POST "+prefix+"/debug/pprof/symbol", http.StripPrefix(prefix, http.HandlerFunc(pprof.Symbol)))
}
