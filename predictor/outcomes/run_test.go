package outcomes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// counted is a source that reports outcome 1 for the predictions 0, 1, 2, ..., up to limit.
type counted struct {
	limit   int
	behaves string
	runs    *atomic.Int64
}

// Run implements Source.
func (c counted) Run(ctx context.Context, sink *Sink) error {
	c.runs.Add(1)
	switch c.behaves {
	case "hangs":
		<-ctx.Done()
		return nil
	case "fails":
		return errors.New("no route to host")
	case "panics":
		panic("oh")
	}
	cursors, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	next := 0
	if _, err := fmt.Sscan(cursors["n"], &next); err != nil && cursors["n"] != "" {
		return err
	}
	for ; next < c.limit && ctx.Err() == nil; next++ {
		r := Record{Value: map[string]any{"prediction_id": int64(next), "outcome": "1"}}
		if err := sink.Put(ctx, Batch{Records: []Record{r}, Cursors: map[string]string{"n": fmt.Sprint(next + 1)}}); err != nil {
			return err
		}
	}
	if _, err := sink.Current(time.Now()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// countedKind makes sources that are configured as files: {path: BEHAVIOUR}.
func countedKind(limit int, runs *atomic.Int64) []Kind {
	return []Kind{{Name: "files", Parse: func(d strictyaml.Decoder, n *yaml.Node) (Source, error) {
		m := d.Map(n, "files", "path")
		return counted{limit: limit, behaves: m.Text("path", ""), runs: runs}, m.Err
	}}}
}

func newLog(t *testing.T, n int) string {
	t.Helper()
	return logOf(t, predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Latency: -1}, n)
}

// logOf makes a log with n times the same prediction.
func logOf(t *testing.T, p predictionlog.Prediction, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	batch := make([]predictionlog.Prediction, n)
	for i := range batch {
		batch[i] = p
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is a daemon that a test uses.
type running struct {
	t       *testing.T
	address string
	config  string
	hangup  chan os.Signal
	stop    func() error
}

func start(t *testing.T, log, config string, available []Kind) *running {
	t.Helper()
	r := &running{t: t, config: filepath.Join(t.TempDir(), "outcomes.yml"), hangup: make(chan os.Signal)}
	r.write(config)
	ctx, cancel := context.WithCancel(t.Context())
	bound, ended := make(chan net.Addr, 1), make(chan error, 1)
	addresses, systemd, file := []string{"127.0.0.1:0"}, false, ""
	go func() {
		ended <- Run(ctx, Options{
			LogPath: log, TelemetryPath: "/metrics", Hangup: r.hangup, EnableLifecycle: true,
			Load:      func() (*Config, error) { return Load(r.config, available) },
			Web:       &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &file},
			Listening: func(a net.Addr) { bound <- a },
		})
	}()
	select {
	case a := <-bound:
		r.address = a.String()
	case err := <-ended:
		t.Fatal(err)
	}
	r.stop = func() error { cancel(); return <-ended }
	return r
}

func (r *running) write(config string) {
	if err := os.WriteFile(r.config, []byte(config), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) do(method, path string) (int, string) {
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.address+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// until waits until /metrics contains a line.
func (r *running) until(line string) {
	r.t.Helper()
	page := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, page = r.do("GET", "/metrics"); strings.Contains(page, line+"\n") {
			return
		}
	}
	r.t.Fatalf("no %q on the page:\n%s", line, page)
}

func TestSourcesRunApart(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	r := start(t, newLog(t, 5), "sources:\n- {name: stuck, files: {path: hangs}}\n- {name: bad, files: {path: fails}}\n- {name: worse, files: {path: panics}}\n- {name: good, files: {}}\n", countedKind(7, &runs))
	r.until(`drift_outcomes_accepted_total{source="good"} 5`)
	r.until(`drift_outcomes_pending{source="good"} 2`)
	r.until(`drift_outcomes_source_up{source="good"} 1`)
	r.until(`drift_outcomes_source_up{source="bad"} 0`)
	r.until(`drift_outcomes_source_up{source="worse"} 0`)
	r.until(`drift_outcomes_rejected_total{reason="unmapped",source="bad"} 0`)
	if status, body := r.do("GET", "/-/ready"); status != 200 {
		t.Errorf("ready: %d %s", status, body)
	}
	if status, _ := r.do("GET", "/-/healthy"); status != 200 {
		t.Errorf("healthy: %d", status)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}

func TestAReloadKeepsWhatIsAsItWas(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	const one = "sources:\n- {name: a, files: {}}\n"
	r := start(t, newLog(t, 3), one, countedKind(3, &runs))
	r.until(`drift_outcomes_accepted_total{source="a"} 3`)
	r.write("sources: x")
	if status, body := r.do("POST", "/-/reload"); status != 500 || !strings.Contains(body, "sources must be a list; the former") && !strings.Contains(body, "sources must be a list") {
		t.Errorf("%d %s", status, body)
	}
	r.until("drift_outcomes_config_last_reload_successful 0")
	r.write(one + "- {name: b, files: {}}\n")
	if status, body := r.do("POST", "/-/reload"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	r.until(`drift_outcomes_unchanged_total{source="b"} 0`)
	r.until(`drift_outcomes_accepted_total{source="b"} 3`)
	if n := runs.Load(); n != 2 {
		t.Errorf("%d runs: the source that is as it was began anew", n)
	}
	r.write("sources:\n- {name: b, confidence: 0.5, files: {}}\n")
	r.hangup <- os.Interrupt
	r.until("drift_outcomes_config_last_reload_successful 1")
	for strings.Contains(r.page(), `source="a"`) {
		time.Sleep(time.Millisecond)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}

func (r *running) page() string { _, page := r.do("GET", "/metrics"); return page }

func TestADaemonWithoutALogIsNotReady(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	r := start(t, filepath.Join(t.TempDir(), "predictions.db"), "sources:\n- {name: a, files: {}}\n", countedKind(3, &runs))
	for {
		status, body := r.do("GET", "/-/ready")
		if status != 503 {
			t.Fatalf("%d %s", status, body)
		}
		if strings.Contains(body, "does not exist: start the predictor") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	r.until(`drift_outcomes_source_up{source="a"} 0`)
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}
