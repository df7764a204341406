package exporter

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// fake is a monitor made of functions; those that are nil succeed and send
// nothing.
type fake struct {
	collect       func(ctx context.Context, names []string, ch chan<- prometheus.Metric)
	reload, ready func() error
}

func (f fake) Gatherer(ctx context.Context, names []string) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	registry.MustRegister(undescribed(func(ch chan<- prometheus.Metric) {
		if f.collect != nil {
			f.collect(ctx, names, ch)
		}
	}))
	return registry
}

// undescribed collects metrics that were not described before.
type undescribed func(ch chan<- prometheus.Metric)

func (undescribed) Describe(chan<- *prometheus.Desc) {}

func (u undescribed) Collect(ch chan<- prometheus.Metric) { u(ch) }

func (f fake) Reload() error { return call(f.reload) }

func (f fake) Ready() error { return call(f.ready) }

func call(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

// gauge returns a sample without labels.
func gauge(name string, value float64) prometheus.Metric {
	return prometheus.MustNewConstMetric(prometheus.NewDesc(name, "A test metric.", nil, nil), prometheus.GaugeValue, value)
}

// options returns valid options.
func options(m Monitor) Options {
	return Options{
		Monitor:       m,
		TelemetryPath: "/metrics",
		TimeoutOffset: 500 * time.Millisecond,
		Collectors:    []string{"feature_drift", "traffic", "feature_bins"},
		Enabled:       []string{"feature_drift", "traffic"},
	}
}

func mustNew(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask calls the handler; headers are name, value, name, value.
func ask(t *testing.T, s *Server, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// check compares the status of an answer and looks for texts in its body.
func check(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d; body:\n%s", w.Code, status, w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("no %q in the body:\n%s", text, w.Body)
		}
	}
}

// checkAbsent looks for texts that must not be in the body.
func checkAbsent(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(w.Body.String(), text) {
			t.Errorf("%q in the body:\n%s", text, w.Body)
		}
	}
}
