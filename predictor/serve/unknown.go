package serve

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// quotedBytes is how much of an unknown path Unknown repeats.
const quotedBytes = 100

// Unknown returns mux, and answers a path that mux does not have with status 404 and the pages
// that exist. A wrong method on a known path stays a 405.
func Unknown(mux *http.ServeMux, pages ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		answer := statusOnly{header: http.Header{}}
		if handler.ServeHTTP(&answer, r); answer.status != http.StatusNotFound {
			mux.ServeHTTP(w, r)
			return
		}
		path := r.URL.Path
		if len(path) > quotedBytes {
			path = path[:quotedBytes] + "..."
		}
		http.Error(w, fmt.Sprintf("there is no page %s; see %s", strconv.Quote(path), strings.Join(pages, ", ")), http.StatusNotFound)
	})
}

// statusOnly keeps the status of an answer, and nothing else of it.
type statusOnly struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (w *statusOnly) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *statusOnly) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *statusOnly) Write(p []byte) (int, error) { return len(p), nil }
