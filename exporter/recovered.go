package exporter

import (
	"errors"
	"net/http"
	"runtime/debug"
)

// recovered answers 500 when next panics and logs where. Once an answer has begun
// the connection is cut instead, for a cut page must not pass for a whole one.
// A collector's panic does not come this far: the registry leaves its metrics out
// of the page.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begunWriter{ResponseWriter: w}
		defer func() {
			reason := recover()
			if reason == nil {
				return
			}
			if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			s.logger.Error("panic while serving", "path", r.URL.Path, "panic", reason, "stack", string(debug.Stack()))
			if begun.yes {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, "internal error; the log of drift_exporter says more", http.StatusInternalServerError)
		}()
		next.ServeHTTP(begun, r)
	})
}

// begunWriter notes whether an answer has begun.
type begunWriter struct {
	http.ResponseWriter
	yes bool
}

// WriteHeader implements http.ResponseWriter.
func (w *begunWriter) WriteHeader(status int) {
	w.yes = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *begunWriter) Write(p []byte) (int, error) {
	w.yes = true
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *begunWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
