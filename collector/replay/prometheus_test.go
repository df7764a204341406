package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPrometheusServesThePast backfills a real Prometheus with the metrics of a replay, and
// queries it for times in the history.
func TestPrometheusServesThePast(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"promtool", "prometheus"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s: install Debian's package prometheus", name)
		}
	}
	w := newLog(t)
	r := rand.New(rand.NewPCG(6, 1))
	w.write(traffic(r, start, time.Second, 1800, 0)...)
	w.write(traffic(r, start.Add(30*time.Minute), time.Second, 1800, 1)...)
	dir := t.TempDir()
	metrics, data := filepath.Join(dir, "metrics"), filepath.Join(dir, "data")
	f, err := os.Create(metrics) // #nosec G304 -- our own folder
	if err != nil {
		t.Fatal(err)
	}
	report := replayed(t, Options{Log: w.path, Metrics: f, MetricsStep: time.Minute, Spool: dir, Settings: []Setting{{Watch: watch(t)}}})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", metrics, data).CombinedOutput() // #nosec G204 -- our own arguments
	if err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	server := startPrometheus(t, dir, data)

	found := report.Results[0].Models[0].Distributions[0].Alarms[0].On
	for _, test := range []struct {
		query string
		at    time.Time
		want  string
	}{
		{`feature_drift_detected{feature="income"}`, start.Add(29 * time.Minute), "0"},
		{`feature_drift_detected{feature="income"}`, found.Add(time.Minute), "1"},
		{`feature_drift_detected{feature="state"}`, found.Add(time.Minute), "0"},
		{`model_success_total`, start.Add(10 * time.Minute), "600"},
		{`increase(model_success_total[10m])`, start.Add(40 * time.Minute), "600"},
		{`model_window_predictions`, start.Add(50 * time.Minute), "1000"},
		{`drift_up`, start.Add(time.Hour), "1"},
		{`sum(model_prediction_values_bucket{le="1.0"})`, start.Add(20 * time.Minute), "1200"},
	} {
		if got := ask(t, server, test.query, test.at); got != test.want {
			t.Errorf("%s at %v is %q, want %s", test.query, test.at, got, test.want)
		}
	}
}

// startPrometheus serves the blocks in data until the test ends.
func startPrometheus(t *testing.T, dir, data string) string {
	t.Helper()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {scrape_interval: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	server := exec.CommandContext(ctx, "prometheus", "--config.file="+config, "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=100y", "--web.listen-address="+address) // #nosec G204 -- our own arguments
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := server.Wait()
		fmt.Fprint(&said, err)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		if t.Failed() {
			t.Logf("prometheus said:\n%s", &said)
		}
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _, err := fetch(t.Context(), "http://"+address+"/-/ready")
		if err == nil && status == http.StatusOK {
			return "http://" + address
		}
		select {
		case <-ended:
			t.Fatal("prometheus ended")
		case <-tick.C:
		}
	}
}

// ask returns the value of a query with one result, at a moment.
func ask(t *testing.T, server, query string, at time.Time) string {
	t.Helper()
	_, body, err := fetch(t.Context(), fmt.Sprintf("%s/api/v1/query?time=%d&query=%s", server, at.Unix(), url.QueryEscape(query)))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v\n%s", query, err, body)
	}
	if len(answer.Data.Result) != 1 {
		return string(body)
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1])
}

func fetch(ctx context.Context, url string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, errors.Join(err, response.Body.Close())
}
