package e2e_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestBadHeadersAndQueries lists what may be wrong with a request besides its
// body, for both services.
func TestBadHeadersAndQueries(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	for _, test := range []struct {
		name, method, url, body string
		header                  []string
		status                  int
		says                    string
	}{
		{"another type", "POST", predictor.url + "/predict", good, []string{"Content-Type", "text/csv"}, 415, "Content-Type: application/json"},
		{"a form, as curl -d sends", "POST", predictor.url + "/predict", good, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "-H 'Content-Type: application/json'"},
		{"another charset", "POST", predictor.url + "/predict", good, []string{"Content-Type", "application/json; charset=latin1"}, 415, "UTF-8"},
		{"compressed", "POST", predictor.url + "/predict", good, []string{"Content-Encoding", "gzip"}, 415, "send the body uncompressed"},
		{"another type of feedback", "POST", predictor.url + "/feedback", `{}`, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{"a long request id", "POST", predictor.url + "/predict", good, []string{"X-Request-ID", strings.Repeat("x", 129)}, 400, "at most 128 printable ASCII bytes"},
		{"a request id not in ASCII", "POST", predictor.url + "/predict", good, []string{"X-Request-ID", "Antrag-ä"}, 400, "printable ASCII"},
		{"a request id too long for an array", "POST", predictor.url + "/predict", "[" + good + "]", []string{"X-Request-ID", strings.Repeat("x", 127)}, 400, "too long for an array"},
		{"PUT", "PUT", predictor.url + "/predict", good, nil, 405, "POST"},
		{"DELETE of feedback", "DELETE", predictor.url + "/feedback", "", nil, 405, "POST"},
		{"an unknown path", "POST", predictor.url + "/predictions", good, nil, 404, ""},
		{"an unknown collector", "GET", exporter.url + "/metrics?collect[]=drift", "", nil, 400, "the collectors are: feature_drift"},
		{"an unknown collector to leave out", "GET", exporter.url + "/metrics?exclude[]=drift", "", nil, 400, "unknown collector"},
		{"both parameters", "GET", exporter.url + "/metrics?collect[]=traffic&exclude[]=window", "", nil, 400, "not both"},
		{"a broken query", "GET", exporter.url + "/metrics?collect[]=%zz", "", nil, 400, "read the query"},
		{"POST to the metrics", "POST", exporter.url + "/metrics", "x", nil, 405, ""},
		{"GET of reload", "GET", exporter.url + "/-/reload", "", nil, 405, ""},
		{"reload without leave", "POST", exporter.url + "/-/reload", "", nil, 403, "--web.enable-lifecycle"},
	} {
		got, err := send(t.Context(), test.method, test.url, test.body, test.header...)
		if err != nil {
			t.Fatal(err)
		}
		if got.code != test.status || !strings.Contains(got.body+got.header.Get("Allow"), test.says) {
			t.Errorf("%s: %d %s, want %d and %q", test.name, got.code, got.body, test.status, test.says)
		}
		if problem := got.header.Get("Content-Type") == "application/problem+json"; problem != strings.HasPrefix(test.url, predictor.url) && test.status != 404 {
			t.Errorf("%s: the type of the answer is %s", test.name, got.header.Get("Content-Type"))
		}
	}
	// None of this left a prediction; what counts as refused has its reason.
	if p := scrape(t, exporter.url); p.total("model_success_total") != 0 {
		t.Error("a bad request left a prediction")
	}
	waitFor(t, "refusals are counted by reason", func() bool {
		return scrape(t, exporter.url).is(3, "model_errors_total", "reason", "bad_request_id")
	})
}

// A deleted prediction is not an unknown one.
func TestFeedbackOnAnErasedPredictionIsGone(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	args := []string{"predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log}
	predictor := start(t, args...)
	for _, id := range []string{"alice", "bob"} {
		if got := post(t, predictor.url+"/predict", good, "X-Request-ID", id); got.code != http.StatusOK {
			t.Fatalf("%d %s", got.code, got.body)
		}
	}
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if said := sound(t, "erase", log, "--request-id=alice"); said != "deleted 1 rows" {
		t.Errorf("log erase says %q", said)
	}
	predictor = start(t, args...)
	for id, want := range map[int]int{0: http.StatusGone, 1: http.StatusOK, 2: http.StatusNotFound} {
		if got := post(t, predictor.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":1}`, id)); got.code != want {
			t.Errorf("feedback on prediction %d: %d %s, want %d", id, got.code, got.body, want)
		}
	}
}
