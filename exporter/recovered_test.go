package exporter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

type panicking struct{ fake }

func (panicking) Gatherer(context.Context, []string) prometheus.Gatherer { panic("no monitor") }

func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(panicking{}))
	check(t, ask(t, s, "GET", "/metrics"), 500, "internal error")
	check(t, ask(t, s, "GET", "/-/healthy"), 200)
}

func TestPanicOfACollectorKeepsTheRestOfThePage(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		ch <- gauge("drift_before", 1)
		panic("no collector")
	}}))
	check(t, ask(t, s, "GET", "/metrics"), 200, "drift_before 1", "drift_exporter_build_info")
}

func TestPanicCutsAnAnswerThatHasBegun(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{}))
	server := httptest.NewServer(s.recovered(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half a page")
		_ = http.NewResponseController(w).Flush()
		panic("no more")
	})))
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
