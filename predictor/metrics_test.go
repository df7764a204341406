package predictor

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetricsAreLintedAndCountFromZero(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	problems, err := testutil.GatherAndLint(s.metrics.registry)
	if err != nil || len(problems) != 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	page := ask(t, s.Handler(), "GET", "/metrics", "").body
	for _, line := range []string{
		`predictor_requests_total{code="200",handler="/predict"} 0`,
		`predictor_requests_total{code="503",handler="/feedback"} 0`,
		`predictor_requests_refused_total{handler="/predict",reason="missing_feature"} 0`,
		`predictor_request_duration_seconds_bucket{handler="/feedback",le="+Inf"} 0`,
		`predictor_unlogged_predictions_total 0`,
		`predictor_commit_failures_total 0`,
		`predictor_unshipped_rows_deleted_total 0`,
		`predictor_commit_rows_count 0`,
		`predictor_commit_duration_seconds_count 0`,
		`predictor_requests_in_flight 0`,
		`predictor_log_writable 1`,
		`predictor_model_info{model="toy",version="v1"} 1`,
	} {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("/metrics has no line %s", line)
		}
	}
	for _, name := range []string{"go_goroutines", "process_start_time_seconds", "drift_exporter_build_info"} {
		if !strings.Contains(page, "\n# TYPE "+name+" ") {
			t.Errorf("/metrics has no %s", name)
		}
	}
}

func TestMetricsCountRequestsAndCommits(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, func(o *Options) { o.Now = time.Now })
	for _, body := range []string{goodRow, goodRow, `{}`, `x`} {
		ask(t, s.Handler(), "POST", "/predict", body)
	}
	ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":1,"actual_outcome":0}`)
	ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":9,"actual_outcome":0}`)
	s.metrics.Commit(3, time.Millisecond, nil)
	s.metrics.Commit(5, time.Millisecond, errors.New("full"))
	page := ask(t, s.Handler(), "GET", "/metrics", "").body
	for _, line := range []string{
		`predictor_requests_total{code="200",handler="/predict"} 2`,
		`predictor_requests_total{code="400",handler="/predict"} 2`,
		`predictor_requests_total{code="200",handler="/feedback"} 1`,
		`predictor_requests_total{code="404",handler="/feedback"} 1`,
		`predictor_requests_refused_total{handler="/predict",reason="missing_feature"} 1`,
		`predictor_requests_refused_total{handler="/predict",reason="invalid_json"} 1`,
		`predictor_requests_refused_total{handler="/feedback",reason="unknown_prediction"} 1`,
		`predictor_request_duration_seconds_count{handler="/predict"} 4`,
		`predictor_commit_duration_seconds_count 2`,
		`predictor_commit_duration_seconds_bucket{le="0.001"} 2`,
		`predictor_commit_rows_sum 3`,
		`predictor_commit_failures_total 1`,
	} {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("/metrics has no line %s:\n%s", line, page)
		}
	}
}

func TestDurationsAreNativeHistogramsToo(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, func(o *Options) { o.Now = time.Now })
	ask(t, s.Handler(), "POST", "/predict", goodRow)
	s.metrics.Commit(3, time.Millisecond, nil)
	families, err := s.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	native := 0
	for _, family := range families {
		switch family.GetName() {
		case "predictor_request_duration_seconds", "predictor_commit_duration_seconds", "predictor_commit_rows":
			for _, m := range family.GetMetric() {
				if h := m.GetHistogram(); h.Schema == nil || len(h.GetBucket()) == 0 {
					t.Errorf("%s: schema %v, %d classic buckets", family.GetName(), h.Schema, len(h.GetBucket()))
				}
				native++
			}
		}
	}
	if native != 4 {
		t.Errorf("%d histograms, want 4", native)
	}
}

func TestPagesForPeople(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, func(o *Options) { o.TelemetryPath = "/own" })
	got := ask(t, s.Handler(), "GET", "/", "")
	if got.code != http.StatusOK || !strings.Contains(got.body, `href="/own"`) && !strings.Contains(got.body, `href="own"`) || strings.Contains(got.body, "debug/pprof") {
		t.Errorf("/: %d %s", got.code, got.body)
	}
	if got := ask(t, s.Handler(), "GET", "/debug/pprof/", ""); got.code != http.StatusNotFound {
		t.Errorf("profiles are served although nobody asked: %d", got.code)
	}
	s, _ = newServer(t, func(o *Options) { o.EnablePprof = true })
	if got := ask(t, s.Handler(), "GET", "/debug/pprof/cmdline", ""); got.code != http.StatusOK {
		t.Errorf("profiles are not served: %d", got.code)
	}
	if got := ask(t, s.Handler(), "HEAD", "/health", ""); got.code != http.StatusOK {
		t.Errorf("HEAD /health: %d", got.code)
	}
}
