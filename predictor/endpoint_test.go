package predictor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

const goodRow = `{"income":1,"grade":"A","age":1}`

func TestPredictionsAreRefusedWhileTheLogCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	s, log := newServer(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&stream, nil)) })
	log.fail(errDisk)
	for range 3 {
		got := ask(t, s.Handler(), "POST", "/predict", goodRow, "X-Request-ID: one")
		if got.code != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" || !strings.Contains(got.body, "repeat the request later") {
			t.Errorf("got %d %s", got.code, got.body)
		}
		if strings.Contains(got.body, "disk") {
			t.Errorf("%s reveals the state of the disk", got.body)
		}
	}
	if got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1}`); got.code != http.StatusServiceUnavailable {
		t.Errorf("feedback: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/-/ready", ""); got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, "disk is full") {
		t.Errorf("/-/ready: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/health", ""); got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, `"status":"unhealthy"`) {
		t.Errorf("/health: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/-/healthy", ""); got.code != http.StatusOK {
		t.Errorf("/-/healthy: %d %s; a restart would repair nothing", got.code, got.body)
	}

	log.fail(nil)
	if got := ask(t, s.Handler(), "POST", "/predict", goodRow, "X-Request-ID: one"); got.code != http.StatusOK {
		t.Errorf("after recovery: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/health", ""); got.code != http.StatusOK || !strings.Contains(got.body, `"status":"healthy"`) {
		t.Errorf("/health after recovery: %d %s", got.code, got.body)
	}
	if n, m := strings.Count(stream.String(), "not recorded"), strings.Count(stream.String(), "recorded again"); n != 1 || m != 1 {
		t.Errorf("the log stream has %d failures and %d recoveries, want one of each:\n%s", n, m, &stream)
	}
}

func TestPredictionsAreServedUnloggedWhenToldSo(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, func(o *Options) { o.LogFailure = LogFailureServe })
	log.fail(errDisk)
	got := ask(t, s.Handler(), "POST", "/predict", `{"income":50,"grade":null,"age":40}`, "X-Request-ID: one")
	if want := `{"request_id":"one","prediction":1,"probability":0.5,"model":"toy","model_version":"v1","logged":false}` + "\n"; got.code != http.StatusOK || got.body != want {
		t.Errorf("got %d %s, want %s", got.code, got.body, want)
	}
	got = ask(t, s.Handler(), "POST", "/predict", "["+goodRow+","+goodRow+"]")
	if got.code != http.StatusOK || strings.Count(got.body, `"logged":false`) != 2 {
		t.Errorf("array: got %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1}`); got.code != http.StatusServiceUnavailable {
		t.Errorf("feedback: %d %s; nothing was recorded", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/-/ready", ""); got.code != http.StatusOK || !strings.Contains(got.body, "without recording") {
		t.Errorf("/-/ready: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/health", ""); got.code != http.StatusOK || !strings.Contains(got.body, `"status":"degraded"`) {
		t.Errorf("/health: %d %s", got.code, got.body)
	}
	if page := ask(t, s.Handler(), "GET", "/metrics", "").body; !strings.Contains(page, "\npredictor_unlogged_predictions_total 3\n") || !strings.Contains(page, "\npredictor_log_writable 0\n") {
		t.Errorf("/metrics does not count them:\n%s", page)
	}
	log.fail(nil)
	if got := ask(t, s.Handler(), "POST", "/predict", goodRow); strings.Contains(got.body, "logged") {
		t.Errorf("after recovery: %s", got.body)
	}
}

// A log that neither takes nor refuses is a disk that hangs.
func TestPredictionIsRefusedWhenTheLogHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, log := newServer(t, nil)
		log.block, log.waiting = make(chan struct{}), make(chan struct{}, 1)
		got := ask(t, s.Handler(), "POST", "/predict", goodRow)
		if got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, "repeat the request with the same X-Request-ID") {
			t.Errorf("got %d %s", got.code, got.body)
		}
	})
}

func TestRequestsBeyondTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, func(o *Options) { o.MaxRequests = 1 })
	log.block, log.waiting = make(chan struct{}), make(chan struct{})
	first := make(chan answer)
	go func() { first <- ask(t, s.Handler(), "POST", "/predict", goodRow) }()
	<-log.waiting
	got := ask(t, s.Handler(), "POST", "/predict", goodRow)
	if got.code != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, "repeat the request later") {
		t.Errorf("got %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/health", ""); got.code != http.StatusOK {
		t.Errorf("/health: %d; it does not count as a request", got.code)
	}
	close(log.block)
	if got := <-first; got.code != http.StatusOK {
		t.Errorf("the first request got %d %s", got.code, got.body)
	}
	if n := s.flying.Load(); n != 0 {
		t.Errorf("%d requests are under way, want none", n)
	}
}

func TestClientThatWentAwayIsCountedApart(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, func(o *Options) { o.LogFailure = LogFailureServe })
	log.block, log.waiting = make(chan struct{}), make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/predict", strings.NewReader(goodRow)))
	if w.Body.Len() != 0 {
		t.Errorf("it was answered %s", w.Body)
	}
	if page := ask(t, s.Handler(), "GET", "/metrics", "").body; !strings.Contains(page, `predictor_requests_total{code="499",handler="/predict"} 1`) {
		t.Errorf("/metrics does not count it:\n%s", page)
	}
	if s.failing.Load() {
		t.Error("the log is said to fail")
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	s, log := newServer(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&stream, nil)) })
	log.panics = true
	got := ask(t, s.Handler(), "POST", "/predict", goodRow)
	if got.code != http.StatusInternalServerError || got.header.Get("Content-Type") != "application/problem+json" || strings.Contains(got.body, "panicked") {
		t.Errorf("got %d %s", got.code, got.body)
	}
	if !strings.Contains(stream.String(), "the log panicked") || !strings.Contains(stream.String(), "fake_test.go") {
		t.Errorf("the log stream does not say where:\n%s", &stream)
	}
	log.panics = false
	if got := ask(t, s.Handler(), "POST", "/predict", goodRow); got.code != http.StatusOK || s.flying.Load() != 0 {
		t.Errorf("the next request got %d %s with %d under way", got.code, got.body, s.flying.Load())
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		"a model and a log are required":         func(o *Options) { o.Model = nil },
		`choose "refuse" or "serve"`:             func(o *Options) { o.LogFailure = "ignore" },
		"use 0 for no limit":                     func(o *Options) { o.MaxRequests = -1 },
		`"metrics" cannot be used`:               func(o *Options) { o.TelemetryPath = "metrics" },
		`"/predict" cannot be used`:              func(o *Options) { o.TelemetryPath = "/predict" },
		`"/" cannot be used`:                     func(o *Options) { o.TelemetryPath = "/" },
		`"/a/../b" cannot be used`:               func(o *Options) { o.TelemetryPath = "/a/../b" },
		"register metrics: duplicate":            func(o *Options) { o.Metrics = taken(t) },
		`"/{x}" cannot be used; choose another,`: func(o *Options) { o.TelemetryPath = "/{x}" },
	} {
		o := Options{Model: toy(), Log: new(memory)}
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

// taken returns metrics that another server has.
func taken(t *testing.T) *Metrics {
	t.Helper()
	m := NewMetrics()
	if _, err := New(Options{Model: toy(), Log: new(memory), Metrics: m}); err != nil {
		t.Fatal(err)
	}
	return m
}

// A log that refuses a record is broken, and repeating the request does not help.
func TestRecordThatTheLogRefusesIsAnInternalError(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	s, log := newServer(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&stream, nil)) })
	log.fail(fmt.Errorf("insert: %w", errors.New("no such table")))
	got := ask(t, s.Handler(), "POST", "/predict", goodRow)
	if got.code != http.StatusInternalServerError || got.header.Get("Retry-After") != "" || !strings.Contains(got.body, "drift_exporter log check") {
		t.Errorf("got %d %s", got.code, got.body)
	}
	if !strings.Contains(stream.String(), "no such table") {
		t.Errorf("the log stream does not say why:\n%s", &stream)
	}
}
