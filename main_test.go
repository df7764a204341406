package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// TestStory is the README's walk-through on real loans: train on one half of
// LendingClub's loans, serve the other half, and see no drift; then serve only
// loans over 60 months, and see which features drifted.
func TestStory(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	header, loans := readLoans(t)
	r := rand.New(rand.NewPCG(1, 0))
	r.Shuffle(len(loans), func(i, j int) { loans[i], loans[j] = loans[j], loans[i] })
	half := len(loans) / 2
	term := slices.Index(header, "term")
	long := slices.DeleteFunc(slices.Clone(loans[half:]), func(loan []string) bool { return loan[term] != "term_60" })
	writeCSV(t, path("past.csv"), header, loans[:half])
	writeCSV(t, path("present.csv"), header, loans[half:])
	writeCSV(t, path("long.csv"), header, long)

	var report bytes.Buffer
	err := run(t.Context(), []string{
		"train", "--csv=" + path("past.csv"), "--outcome=Class", "--positive=good", "--seed=1",
		"--model.output=" + path("model.json"), "--reference.output=" + path("reference.json"),
	}, &report, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("train printed:\n%s", &report)

	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0",
		"--model.file="+path("model.json"), "--predictions.log="+path("predictions.db"))
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--window.predictions=1000",
		"--reference.file="+path("reference.json"), "--predictions.log="+path("predictions.db"))

	send := func(file string) {
		t.Helper()
		var out bytes.Buffer
		err := run(t.Context(), []string{
			"simulate", "--predictor.url=" + predictor.url, "--csv=" + file,
			"--outcome=Class", "--positive=good", "--outcomes", "--rate=0",
		}, &out, io.Discard)
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
	send(path("present.csv"))
	quiet := eventually(t, exporter.url, func(p page) bool { return len(p.byFeature("feature_drift_detected")) == 22 })
	if got := quiet.value(t, "drift_up"); got != 1 {
		t.Errorf("drift_up is %v, want 1", got)
	}
	corrected := quiet.byFeature("feature_kl_divergence_corrected")
	if len(corrected) != 22 {
		t.Errorf("%d features are watched, want 22", len(corrected))
	}
	for feature, kl := range corrected {
		if kl >= 0.02 {
			t.Errorf("without drift the corrected KL divergence of %s is %v, want < 0.02", feature, kl)
		}
	}
	surprising := 0
	for _, p := range quiet.byFeature("feature_drift_p_value") {
		if p < 0.05 {
			surprising++
		}
	}
	if surprising > 4 {
		t.Errorf("without drift %d of 22 p-values are below 0.05, want at most 4", surprising)
	}
	for feature, detected := range quiet.byFeature("feature_drift_detected") {
		if detected != 0 {
			t.Errorf("without drift %s is detected", feature)
		}
	}
	auc := regexp.MustCompile(`AUC\s+(\S+)\s+\(95 % interval (\S+) to (\S+)\)`).FindStringSubmatch(report.String())
	if auc == nil {
		t.Fatalf("train did not print the AUC with its interval:\n%s", &report)
	}
	var lower float64
	if _, err := fmt.Sscan(auc[2], &lower); err != nil || lower <= 0.5 {
		t.Errorf("the interval of the held-out AUC starts at %s, want above 0.5", auc[2])
	}
	accuracy := quiet.value(t, "model_accuracy")
	low, high := quiet.value(t, "model_accuracy_lower"), quiet.value(t, "model_accuracy_upper")
	if !(low < accuracy && accuracy <= high && quiet.value(t, "model_accuracy_samples") == 100) {
		t.Errorf("accuracy %v, bounds %v to %v, samples %v", accuracy, low, high, quiet.value(t, "model_accuracy_samples"))
	}

	send(path("long.csv"))
	// What a 60-month loan is known to change, and by about how much in nats.
	changed := map[string]float64{"term": 4, "sub_grade": .3, "int_rate": .25, "funded_amnt": 1.2}
	drifted := eventually(t, exporter.url, func(p page) bool {
		detected := p.byFeature("feature_drift_detected")
		for feature := range changed {
			if detected[feature] != 1 {
				return false
			}
		}
		return true
	})
	detected := drifted.byFeature("feature_drift_detected")
	corrected = drifted.byFeature("feature_kl_divergence_corrected")
	for feature, want := range changed {
		if got := corrected[feature]; got < want/2 || got > want*2 {
			t.Errorf("the corrected KL divergence of %s is %v, want about %v", feature, got, want)
		}
	}
	for _, feature := range []string{"addr_state", "delinq_2yrs", "inq_last_12m"} {
		if detected[feature] != 0 {
			t.Errorf("%s is detected, but does not depend on the term", feature)
		}
	}
	t.Run("as Prometheus sees it", func(t *testing.T) { askPrometheus(t, exporter.url, slices.Sorted(maps.Keys(changed))) })
	for feature, kl := range corrected {
		t.Logf("%-28s corrected %.4f detected %v", feature, kl, detected[feature])
	}
}

// TestReplayNamesWhatDrifted replays seven quiet hours and an hour in which
// incomes are half a standard deviation higher.
func TestReplayNamesWhatDrifted(t *testing.T) {
	t.Parallel()
	var made bytes.Buffer
	if err := simulate.WriteCSV(&made, 5, 29_000); err != nil {
		t.Fatal(err)
	}
	loans, err := csv.NewReader(&made).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	income := slices.Index(loans[0], "income")
	for _, loan := range loans[1+7*3600:] {
		var dollars float64
		if _, err := fmt.Sscan(loan[income], &dollars); err != nil {
			t.Fatal(err)
		}
		loan[income] = fmt.Sprint(dollars + 23_460)
	}
	dir := t.TempDir()
	writeCSV(t, filepath.Join(dir, "loans.csv"), loans[0], loans[1:])
	var report bytes.Buffer
	err = run(t.Context(), []string{
		"replay", "--csv=" + filepath.Join(dir, "loans.csv"), "--rate=1", "--start=2026-01-01T00:00:00Z", "--change-at=2026-01-01T07:00:00Z",
		"--output.openmetrics=" + filepath.Join(dir, "metrics"),
	}, &report, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	delay := regexp.MustCompile(`(?m)^  income +1 .* 0  2026-01-01 07:\d\d:\d\d +(\d+m\d*s?) `).FindStringSubmatch(report.String())
	if delay == nil {
		t.Fatalf("income has not one alarm, after the change:\n%s", &report)
	}
	if d, err := time.ParseDuration(delay[1]); err != nil || d > 15*time.Minute {
		t.Errorf("income was found after %s, want 15 minutes at most", delay[1])
	}
	if !regexp.MustCompile(`(?m)^  together +1 `).MatchString(report.String()) {
		t.Errorf("something else has an alarm, too:\n%s", &report)
	}
	metrics, err := os.ReadFile(filepath.Join(dir, "metrics"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(metrics, []byte("\n# EOF\n")) || !bytes.Contains(metrics, []byte("\nfeature_drift_detected{feature=\"income\"")) {
		t.Errorf("the metrics over time end with %q", metrics[max(0, len(metrics)-100):])
	}
}

// askPrometheus has a real Prometheus scrape the exporter, and queries which features
// have drifted: these, and none of those that do not depend on the term.
func askPrometheus(t *testing.T, exporter string, drifted []string) {
	for _, name := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s: install Debian's package prometheus", name)
		}
	}
	_, metrics := get(t, exporter+"/metrics")
	check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	// The last values are named after the model's features, which it cannot know.
	check.Stdin = strings.NewReader(regexp.MustCompile(`(?m)^(# (HELP|TYPE) )?model_feature_.*\n`).ReplaceAllString(metrics, ""))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	job := fmt.Sprintf("scrape_configs: [{job_name: drift_exporter, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: [%q]}]}]\n", strings.TrimPrefix(exporter, "http://"))
	if err := os.WriteFile(config, []byte(job), 0o600); err != nil {
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
	prometheus := exec.CommandContext(t.Context(), "prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address) // #nosec G204 -- our own arguments
	prometheus.Stderr = &said
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = prometheus.Process.Kill()
		_ = prometheus.Wait()
	}()
	query := "http://" + address + "/api/v1/query?query=" + url.QueryEscape(
		`sort(feature_drift_detected{feature=~"`+strings.Join(drifted, "|")+`|addr_state|delinq_2yrs|inq_last_12m"} == 1)`)
	var got []string
	for range 300 {
		var answer struct {
			Data struct {
				Result []struct{ Metric map[string]string }
			}
		}
		if _, body, err := fetch(t.Context(), query); err == nil && json.Unmarshal(body, &answer) == nil {
			got = nil
			for _, r := range answer.Data.Result {
				got = append(got, r.Metric["feature"])
			}
			if slices.Sort(got); slices.Equal(got, drifted) {
				return
			}
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Errorf("Prometheus says that %q drifted, want %q\n%s", got, drifted, &said)
}

// readLoans returns the header and the rows of LendingClub's loans.
func readLoans(t *testing.T) (header []string, rows [][]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/lending_club.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func writeCSV(t *testing.T, path string, header []string, rows [][]string) {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// server is a predictor or exporter that run serves.
type server struct {
	url    string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // after done
}

// start runs a command that listens, until the test ends.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s := &server{cancel: cancel, done: make(chan struct{})}
	out, log := io.Pipe()
	go func() {
		defer close(s.done)
		s.err = run(ctx, args, io.Discard, log)
		_ = log.Close()
	}()
	address := make(chan string, 1)
	var lines sync.Mutex
	var seen strings.Builder
	go func() {
		defer close(address)
		pattern := regexp.MustCompile(`Listening on.*address=(\S+)`)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines.Lock()
			seen.WriteString(scan.Text() + "\n")
			lines.Unlock()
			if m := pattern.FindStringSubmatch(scan.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
		}
	}()
	a, ok := <-address
	if !ok {
		<-s.done
		t.Fatalf("%s ended: %v\n%s", args[0], s.err, seen.String())
	}
	s.url = "http://" + a
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			lines.Lock()
			defer lines.Unlock()
			t.Logf("%s logged:\n%s", args[0], seen.String())
		}
	})
	return s
}

// stop ends the command as SIGTERM does; it must end without an error.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	<-s.done
	if s.err != nil {
		t.Errorf("ended with %v, want nil", s.err)
	}
}

// page is one scrape.
type page map[string]*dto.MetricFamily

// scrape returns the metrics of an exporter.
func scrape(t *testing.T, url string) page {
	t.Helper()
	status, body := get(t, url+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("GET /metrics: %d\n%s", status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatalf("GET /metrics: %v\n%s", err, body)
	}
	return families
}

// eventually returns the first page that holds: detection goes by ticks
// of 15 seconds.
func eventually(t *testing.T, url string, holds func(page) bool) page {
	t.Helper()
	for range 600 {
		if p := scrape(t, url); holds(p) {
			return p
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatalf("after a minute, the page is still\n%v", scrape(t, url))
	return nil
}

// value returns the only sample of a metric.
func (p page) value(t *testing.T, metric string) float64 {
	t.Helper()
	f := p[metric]
	if f == nil || len(f.Metric) != 1 {
		t.Fatalf("%s has not one sample: %v", metric, f)
	}
	return sample(f.Metric[0])
}

func sample(m *dto.Metric) float64 {
	if m.Counter != nil {
		return m.Counter.GetValue()
	}
	return m.Gauge.GetValue()
}

// byFeature returns the samples of a metric by their label feature.
func (p page) byFeature(metric string) map[string]float64 {
	values := map[string]float64{}
	for _, m := range p[metric].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "feature" {
				values[l.GetValue()] = sample(m)
			}
		}
	}
	return values
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	status, b, err := fetch(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return status, string(b)
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
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
