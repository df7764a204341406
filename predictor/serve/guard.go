package serve

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// Recover must be deferred by a handler. If the handler panics, Recover logs where and calls
// answer. It passes on a panic with http.ErrAbortHandler, which is intended.
func Recover(r *http.Request, logger *slog.Logger, answer func()) {
	reason := recover()
	if reason == nil {
		return
	}
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	logger.Error("panic while serving", "path", r.URL.Path, "panic", reason, "stack", string(debug.Stack()))
	answer()
}

// Guard returns next, and answers its panics with status 500. If an answer has already begun, it
// closes the connection instead, so that an incomplete page does not look complete.
func Guard(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begunWriter{ResponseWriter: w}
		defer Recover(r, logger, func() {
			if begun.yes {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, "internal error; the log stream of drift_exporter says more", http.StatusInternalServerError)
		})
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

// Unwrap is used by http.ResponseController.
func (w *begunWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
