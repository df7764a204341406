package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
)

// dear stands between an exporter and an emulator, which says of each query that it processes no
// byte.
type dear struct {
	server *httptest.Server
	gone   atomic.Bool  // answers 503
	bytes  atomic.Int64 // that each query processes
}

var statistics = regexp.MustCompile(`"statistics": ?\{`)

func newDear(t *testing.T, e *emulator.Emulator, size int64) *dear {
	t.Helper()
	target, err := url.Parse(e.REST)
	if err != nil {
		t.Fatal(err)
	}
	d := &dear{}
	d.bytes.Store(size)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Accept-Encoding", "identity")
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			body = statistics.ReplaceAll(body, fmt.Appendf(nil, `"statistics":{"totalBytesProcessed":"%d",`, d.bytes.Load()))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.gone.Load() {
			http.Error(w, "gone", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(d.server.Close)
	return d
}

// failures counts the queries that failed for a reason.
func (p page) failures(reason string) float64 {
	n, _ := p.value("drift_fleet_query_failures_total", "reason", reason)
	return n
}

// TestAnExporterOfAFleetOutlivesFaults has an exporter that loses BigQuery, whose queries become too
// expensive, and that is killed. Each time it keeps the last state and says so, and then says what an
// exporter says that nothing happened to. Another one uses up the bytes of its day.
func TestAnExporterOfAFleetOutlivesFaults(t *testing.T) {
	t.Parallel()
	const mebi = 1 << 20
	e := emulator.Start(t, "")
	env := shipTo(t, e)
	var predictors []*process
	for i := range 2 {
		log := filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", i))
		predictors = append(predictors, start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log))
		startShip(t, env, log)
	}
	traffic, total := newLoans(30), 0
	predict := func() {
		t.Helper()
		for i, p := range predictors {
			if got := post(t, p.url+"/predict", traffic.array(100+20*i)); got.code != http.StatusOK {
				t.Fatalf("%d %s", got.code, got.body)
			}
			if got := post(t, p.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":1}`, total/2)); got.code != http.StatusOK {
				t.Fatalf("%d %s", got.code, got.body)
			}
		}
		total += 220
	}
	follow := func(rest string, more ...string) *process {
		return startWith(t, os.Geteuid(), []string{google.RESTEmulator + "=" + rest}, append([]string{
			"exporter", "--predictions.bigquery=test-project.fleet", "--bigquery.interval=1s", "--web.listen-address=127.0.0.1:0", quick,
		}, more...)...)
	}
	between, spent := newDear(t, e, 10*mebi), newDear(t, e, 10*mebi)
	bound := "--bigquery.maximum-bytes-billed=1GiB"
	predict()
	sound, harmed := follow(e.REST), follow(between.server.URL, bound)
	at := func(p *process) float64 { return scrape(t, p.url).total("model_window_predictions") }
	patiently := func(what string, so func() bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("not within five minutes: %s", what)
			}
		}
	}
	equal := func(when string) {
		t.Helper()
		var apart []string
		defer func() {
			if t.Failed() {
				t.Log("apart: ", apart)
			}
		}()
		patiently("they are equal "+when, func() bool {
			want, got := scrape(t, sound.url), scrape(t, harmed.url)
			apart = unequal(got, want)
			return want.total("model_window_predictions") == float64(total) && len(apart) == 0 && got.is(1, "drift_up")
		})
		if n := scrape(t, harmed.url).total("drift_fleet_refolds_total"); n != 0 {
			t.Errorf("%s: %v refolds", when, n)
		}
	}
	equal("at first")
	// A state takes some ten queries, so that the day is over after two or three.
	thrifty := follow(spent.server.URL, "--bigquery.daily-bytes=200MiB")
	// stays has the harmed exporter keep its state while predictions come that it cannot read.
	stays := func(reason, says string) {
		t.Helper()
		before := at(harmed)
		failed := scrape(t, harmed.url).failures(reason)
		predict()
		patiently("it says that it failed: "+reason, func() bool { return scrape(t, harmed.url).failures(reason) > failed })
		patiently("the other has gone on", func() bool { return at(sound) == float64(total) })
		p := scrape(t, harmed.url)
		if p.total("model_window_predictions") != before || !p.is(0, "drift_up") {
			t.Errorf("%s: %v predictions, want %v; drift_up %v, want 0", reason, p.total("model_window_predictions"), before, p.total("drift_up"))
		}
		if age, other := p.total("drift_fleet_age_seconds"), scrape(t, sound.url).total("drift_fleet_age_seconds"); age <= other {
			t.Errorf("%s: the state is %v s old, that of the other %v s", reason, age, other)
		}
		if got := get(t, harmed.url+"/-/ready"); got.code != http.StatusOK {
			t.Errorf("%s: ready: %d %s", reason, got.code, got.body)
		}
		if !harmed.says(says) {
			t.Errorf("%s: it does not say %q", reason, says)
		}
	}
	between.gone.Store(true)
	stays("unavailable", "the page stays as it is")
	between.gone.Store(false)
	equal("after BigQuery was gone")

	between.bytes.Store(2048 * mebi)
	stays("budget", "more than --bigquery.maximum-bytes-billed=1073741824 allows")
	between.bytes.Store(10 * mebi)
	equal("after queries were too expensive")

	if err := harmed.kill(syscall.SIGKILL); err == nil {
		t.Fatal("a killed exporter ended well")
	}
	predict()
	harmed = follow(between.server.URL, bound)
	equal("after it was killed")

	p := scrape(t, thrifty.url)
	if p.failures("budget") < 1 || !p.is(0, "drift_up") || p.total("drift_fleet_query_billed_bytes_total") > 200*mebi || p.total("drift_fleet_query_billed_bytes_total") == 0 {
		t.Errorf("%v failures, drift_up %v, billed %v bytes", p.failures("budget"), p.total("drift_up"), p.total("drift_fleet_query_billed_bytes_total"))
	}
	if n := p.total("model_window_predictions"); n == 0 || n >= float64(total) {
		t.Errorf("a state of %v predictions, of %d", n, total)
	}
	if !thrifty.says("more than --bigquery.daily-bytes=209715200 allows", "the next day begins at 00:00 UTC") || !strings.Contains(thrifty.said(), "the page stays as it is") {
		t.Error("it does not say why")
	}
}
