package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPrometheus scrapes an installation with a real Prometheus, which loads the
// rules that are shipped.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	address := startPrometheus(t, predictor.url, exporter.url)

	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	simulate := func(args ...string) {
		t.Helper()
		args = append([]string{"simulate", "--predictor.url=" + predictor.url, "--rate=0", "--outcomes"}, args...)
		if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
			t.Fatalf("simulate: %v\n%s", err, out)
		}
	}
	simulate("--count=1200")
	for query, want := range map[string]string{
		`up{job="drift_exporter"}`:            "1",
		`up{job="predictor"}`:                 "1",
		`drift_up`:                            "1",
		`count(feature_kl_divergence)`:        "12",
		`count(feature_drift_detected == 0)`:  "12",
		`model_success_total`:                 "1200",
		`min(drift_scrape_collector_success)`: "1",
		`count(ALERTS{alertstate="firing", alertname!="DriftExporterAbsent"}) or vector(0)`: "0",
	} {
		if got := eventually(t, address, query, want); got != want {
			t.Errorf("%s is %q, want %s", query, got, want)
		}
	}
	simulate("--count=1500", "--seed=2", "--shift=income=+1sd")
	if got := eventually(t, address, `feature_drift_detected{feature="income"}`, "1"); got != "1" {
		t.Errorf("drift of income: %q, want 1", got)
	}
	if got := eventually(t, address, `sum(feature_drift_detected{feature=~"credit_score|loan_term|interest_rate"})`, "0"); got != "0" {
		t.Errorf("drift of what did not change: %q, want 0", got)
	}
	firing := `count(ALERTS{alertname="ModelFeatureDrift", feature="income", severity="warning", alertstate="firing"})`
	if got := eventually(t, address, firing, "1"); got != "1" {
		t.Error("no alert on the drift of income fires")
	}
	checkPage(t, predictor.url)
	checkPage(t, exporter.url)
	checkTargets(t, address)
	checkRules(t, address)
	checkAlerts(t, address)

	// The exporter loses the log, which a predictor that runs would make again.
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	move(t, log, log+".away")
	if got := eventually(t, address, `ALERTS{alertname="PredictionLogUnreadable", alertstate="firing"}`, "1"); got != "1" {
		t.Error("no alert fires while the log cannot be read")
	}
	checkAlerts(t, address)
	move(t, log+".away", log)
	if got := eventually(t, address, `count(ALERTS{alertname="PredictionLogUnreadable"}) or vector(0)`, "0"); got != "0" {
		t.Error("the alert on the log stays when it can be read again")
	}
}

// startPrometheus runs a Prometheus that scrapes predictor, exporter and others every
// second and evaluates the rules that are shipped, without their patience.
func startPrometheus(t *testing.T, predictor, exporter string, others ...string) (address string) {
	t.Helper()
	dir := t.TempDir()
	rules := impatientRules(t, dir)
	file := filepath.Join(dir, "prometheus.yml")
	config := fmt.Appendf(nil, `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs:
  - {job_name: drift_exporter, static_configs: [{targets: [%q]}]}
  - {job_name: predictor, static_configs: [{targets: [%q]}]}
`, strings.Join(rules, ", "), strings.TrimPrefix(exporter, "http://"), strings.TrimPrefix(predictor, "http://"))
	for i, url := range others {
		config = fmt.Appendf(config, "  - {job_name: drift_other_%d, static_configs: [{targets: [%q]}]}\n", i, strings.TrimPrefix(url, "http://"))
	}
	write(t, file, config)
	return runPrometheus(t, dir, file)
}

// impatientRules writes the rules that are shipped without their patience, and returns their names.
func impatientRules(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, rules := range matching(t, "deploy/prometheus/rules/*.yml") {
		names = append(names, filepath.Base(rules))
		write(t, filepath.Join(dir, filepath.Base(rules)), regexp.MustCompile(`(?m)^( +for): \w+$`).ReplaceAll([]byte(read(t, rules)), []byte("$1: 0s")))
	}
	return names
}

// runPrometheus runs a Prometheus with a configuration until the test ends.
func runPrometheus(t *testing.T, dir, file string) (address string) {
	t.Helper()
	address = freeAddress(t)
	prometheus := exec.CommandContext(t.Context(), "prometheus", "--config.file="+file,
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	var said bytes.Buffer
	prometheus.Stderr = &said
	prometheus.Cancel = func() error { return prometheus.Process.Signal(syscall.SIGTERM) }
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- prometheus.Wait() }()
	t.Cleanup(func() {
		if err := <-ended; t.Failed() {
			t.Logf("prometheus ended with %v:\n%s", err, &said)
		}
	})
	return address
}

// checkTargets wants every target to be scraped without an error.
func checkTargets(t *testing.T, address string) {
	t.Helper()
	var answer struct {
		Data struct {
			ActiveTargets []struct{ ScrapePool, Health, LastError string }
		}
	}
	askAPI(t, address, "targets", &answer)
	for _, target := range answer.Data.ActiveTargets {
		if target.Health != "up" || target.LastError != "" {
			t.Errorf("target %s is %s: %s", target.ScrapePool, target.Health, target.LastError)
		}
	}
	if n := len(answer.Data.ActiveTargets); n != 2 {
		t.Errorf("%d targets, want 2", n)
	}
	// Samples that Prometheus took for others it has.
	for _, metric := range []string{"prometheus_target_scrapes_sample_duplicate_timestamp_total", "prometheus_target_scrapes_sample_out_of_order_total", "prometheus_target_scrapes_sample_out_of_bounds_total"} {
		if p := scrape(t, "http://"+address); !p.is(0, metric) {
			t.Errorf("%s is not 0", metric)
		}
	}
}

// checkRules wants every rule to be evaluated without an error.
func checkRules(t *testing.T, address string) {
	t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	askAPI(t, address, "rules", &answer)
	rules := 0
	for _, group := range answer.Data.Groups {
		for _, rule := range group.Rules {
			rules++
			if rule.Health != "ok" || rule.LastError != "" {
				t.Errorf("rule %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
		}
	}
	if rules < 40 {
		t.Errorf("%d rules, want at least 40", rules)
	}
}

// checkAlerts reads the alerts as a person does who is woken by them.
func checkAlerts(t *testing.T, address string) {
	t.Helper()
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels, Annotations map[string]string
			}
		}
	}
	askAPI(t, address, "alerts", &answer)
	for _, alert := range answer.Data.Alerts {
		for name, text := range alert.Annotations {
			if text == "" || strings.Contains(text, "{{") || strings.Contains(text, "no value") || strings.Contains(text, "error") {
				t.Errorf("%s of %v reads %q", name, alert.Labels, text)
			}
		}
	}
	if len(answer.Data.Alerts) == 0 {
		t.Error("no alert")
	}
}

// askAPI reads an answer of Prometheus' HTTP API.
func askAPI(t *testing.T, address, path string, into any) {
	t.Helper()
	got := get(t, "http://"+address+"/api/v1/"+path)
	if err := json.Unmarshal([]byte(got.body), into); err != nil || got.code != 200 {
		t.Fatalf("/api/v1/%s: %d %v\n%s", path, got.code, err, got.body)
	}
}

// checkPage has promtool lint a page: it must find nothing.
func checkPage(t *testing.T, url string) {
	t.Helper()
	if found := promtoolCheck(t, url); len(found) > 0 {
		t.Errorf("promtool check metrics of %s:\n%s", url, strings.Join(found, "\n"))
	}
}

// promtoolCheck returns what promtool has to say of a page.
func promtoolCheck(t *testing.T, url string) []string {
	t.Helper()
	promtool := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	promtool.Stdin = strings.NewReader(get(t, url+"/metrics").body)
	out, err := promtool.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// needPrometheus skips a test where Prometheus is not installed.
func needPrometheus(t *testing.T) {
	t.Helper()
	for _, name := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s: install Debian's package prometheus", name)
		}
	}
}

// The values of an applicant are named after the model's features, which may
// sound like something else to promtool. It has nothing else to say.
func TestOnlyNamesOfFeaturesDispleasePromtool(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	dir := t.TempDir()
	reference := filepath.Join(dir, "reference.json")
	write(t, reference, []byte(`{"schema":1,"model":"m","version":"1","rows":4,"features":[
		{"name":"visits_total","type":"numeric","edges":[2],"count":[2,2]},
		{"name":"waitMinutes","type":"numeric","edges":[2],"count":[2,2]},
		{"name":"debt-to-income","type":"numeric","edges":[2],"count":[2,2]}]}`))
	log := emptyLog(t)
	execute(t, database(t, log, "rw"), `INSERT INTO predictions (model, version, features, score, class)
		VALUES ('m', '1', '{"visits_total":1,"waitMinutes":2,"debt-to-income":3}', 0.5, '1')`)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--reference.file="+reference)
	want := []string{
		`model_feature_visits_total non-counter metrics should not have "_total" suffix`,
		`model_feature_waitMinutes metric names should be written in 'snake_case' not 'camelCase'`,
	}
	if found := promtoolCheck(t, exporter.url); !slices.Equal(found, want) {
		t.Errorf("promtool says %q, want %q", found, want)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// eventually asks Prometheus until the only value of a query is the one wanted,
// for a minute at most, and returns the last one.
func eventually(t *testing.T, address, query, want string) string {
	t.Helper()
	got := ""
	for range 300 {
		if got = ask(t, address, query); got == want {
			break
		}
		select {
		case <-t.Context().Done():
			return got
		case <-time.After(200 * time.Millisecond):
		}
	}
	return got
}

// ask returns the value of a query with one result, "" when there is none yet.
func ask(t *testing.T, address, query string) string {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	status, body, err := request(t.Context(), "http://"+address+"/api/v1/query?query="+url.QueryEscape(query), "", "")
	if err != nil || status != 200 {
		return "" // not up yet
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(errors.Join(err, errors.New(body)))
	}
	if len(answer.Data.Result) != 1 {
		return ""
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1])
}
