package serve

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnUnknownPathIsAnsweredWithThePagesThatExist(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /models/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no model "+r.URL.Path, http.StatusNotFound)
	})
	handler := Unknown(mux, "/metrics", "/models/")
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/metrics", http.StatusNoContent, ""},
		{"GET", "/metric", http.StatusNotFound, "there is no page \"/metric\"; see /metrics, /models/\n"},
		{"POST", "/metric", http.StatusNotFound, "there is no page \"/metric\"; see /metrics, /models/\n"},
		{"POST", "/metrics", http.StatusMethodNotAllowed, "Method Not Allowed\n"},
		{"GET", "/models/a", http.StatusNotFound, "no model /models/a\n"},
		{"GET", "/" + strings.Repeat("a", 200), http.StatusNotFound, `there is no page "/` + strings.Repeat("a", 99) + "...\"; see /metrics, /models/\n"},
		{"GET", "/a%0Ab%22", http.StatusNotFound, `there is no page "/a\nb\""; see /metrics, /models/` + "\n"},
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s: %d %q, want %d %q", test.method, test.path, w.Code, w.Body, test.status, test.body)
		}
	}
}
