package serve

import (
	"bytes"
	"net/http"
	"time"
)

// Held returns next, but collects each answer until it is complete and then sends it within
// timeout. So limits inside next, for example on the number of running requests, are not affected
// by clients that do not read.
func Held(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &heldWriter{ResponseWriter: w}
		next.ServeHTTP(h, r)
		// A writer without deadlines, as in tests, ignores this.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout))
		if h.status != 0 {
			w.WriteHeader(h.status)
		}
		_, _ = w.Write(h.body.Bytes()) // The client may be gone.
	})
}

// heldWriter keeps an answer in memory. Its header is already the client's.
type heldWriter struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (h *heldWriter) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write implements http.ResponseWriter.
func (h *heldWriter) Write(p []byte) (int, error) { return h.body.Write(p) }
