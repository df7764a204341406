package serve

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	handler := Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no answer") }), slog.New(slog.NewTextHandler(&stream, nil)))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/page", http.NoBody))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "no answer") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	for _, want := range []string{"no answer", "path=/page", "guard_test.go"} {
		if !strings.Contains(stream.String(), want) {
			t.Errorf("the log stream has no %q:\n%s", want, &stream)
		}
	}
}

func TestPanicCutsAnAnswerThatHasBegun(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half a page")
		_ = http.NewResponseController(w).Flush()
		panic("no more")
	}), slog.New(slog.DiscardHandler)))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, error %v; want an unexpected end", body, err)
	}
}
