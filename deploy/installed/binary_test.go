package installed_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"debug/elf"
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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

// binary is the program as it is shipped, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "drift_exporter-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "drift_exporter")
	build := exec.CommandContext(context.Background(), "make", "build", "BINARY="+path) // #nosec G204 -- our own arguments
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// process is a running command of the binary.
type process struct {
	cmd *exec.Cmd
	url string

	mu  sync.Mutex
	log strings.Builder
	end chan error
}

// start runs a command that serves, until the test ends, and waits until it
// listens.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startAs(t, os.Geteuid(), args...)
}

// startAs does the same as another user, of this process's group.
func startAs(t *testing.T, user int, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), path, args...), end: make(chan error, 1)}
	if user != os.Geteuid() {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(os.Getegid())}}
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		pattern := regexp.MustCompile(`Listening on.*address=(\S+)`)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.log.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
			if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
		}
		close(address)
		p.end <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.kill(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s logged:\n%s", args[0], p.said())
		}
	})
	a, ok := <-address
	if !ok {
		t.Fatalf("%s ended before it listened:\n%s", args[0], p.said())
	}
	p.url = "http://" + a
	return p
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// kill sends a signal and waits for the end, once.
func (p *process) kill(s syscall.Signal) error {
	if p.end == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(s)
	err := <-p.end
	p.end = nil
	return err
}

// fetch makes one request; body "" is a GET.
func fetch(t *testing.T, url, body string) (int, string) {
	t.Helper()
	status, answer, err := request(t.Context(), url, body, "")
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

func request(ctx context.Context, url, body, id string) (int, string, error) {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if id != "" {
		r.Header.Set("X-Request-ID", id)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), err
}

// loan is a request with the 12 features, a little different each time.
func loan() string {
	return fmt.Sprintf(`{"interest_rate":%.3f,"loan_amount":320000,"loan_balance":300000,"loan_to_value_ratio":0.75,
		"credit_score":%d,"debt_to_income_ratio":0.35,"income":%d,"loan_term":30,"loan_age":36,
		"home_value":400000,"current_rate":3.5,"rate_spread":1.0}`, 3+2*rand.Float64(), 600+rand.IntN(200), 1000*(40+rand.IntN(120)))
}

func TestBinaryIsStaticAndSaysItsVersion(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is linked dynamically: it has %v", p.Type)
		}
	}
	version, err := os.ReadFile("../../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if want := "drift_exporter, version " + strings.TrimSpace(string(version)); err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("--version: %v, printed %q, want %q", err, out, want)
	}
}

func TestExitStatuses(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for _, test := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"--help"}, 0, "--window.predictions", ""},
		{[]string{"predictor", "--help"}, 0, "--predictions.retention.time", ""},
		{[]string{"nonsense"}, 2, "", "the commands are: exporter, predictor"},
		{[]string{"--nonsense"}, 2, "", "--nonsense"},
		{[]string{"exporter", "--window.predictions=many"}, 2, "", "many"},
		{[]string{"exporter", "--reference.file=" + missing}, 1, "", "no such file"},
		{[]string{"predictor", "--model.file=" + missing}, 1, "", "no such file"},
		{[]string{"log", "check", "--predictions.log=" + missing}, 1, "", "does not exist"},
		{[]string{"exporter", "--config.check"}, 0, "valid", ""},
	} {
		cmd := exec.CommandContext(t.Context(), path, test.args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != test.status {
			t.Errorf("%v: exit status %d, want %d", test.args, got, test.status)
		}
		if !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%v: printed %q and %q, want %q and %q", test.args, &stdout, &stderr, test.stdout, test.stderr)
		}
	}
}

// TestFirstRequests are those that a stranger makes, and what must be on the
// page afterwards.
func TestFirstRequests(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	for i := range 50 {
		status, answer := fetch(t, predictor.url+"/predict", loan())
		if status != 200 || !strings.HasPrefix(answer, fmt.Sprintf(`{"prediction_id":%d,`, i)) {
			t.Fatalf("prediction %d: %d %s", i, status, answer)
		}
	}
	if status, answer := fetch(t, predictor.url+"/feedback", `{"prediction_id": 0, "actual_outcome": 1}`); status != 200 || !strings.Contains(answer, `"correct":`) {
		t.Errorf("feedback: %d %s", status, answer)
	}
	if status, answer := fetch(t, predictor.url+"/health", ""); status != 200 || !strings.Contains(answer, `"status":"healthy"`) {
		t.Errorf("health: %d %s", status, answer)
	}
	wanted := []string{
		"drift_up 1", `feature_kl_divergence{feature="income"`, `feature_drift_p_value{feature="income"`, `feature_drift_detected{feature="income"`,
		"prediction_distribution_shift{", "model_prediction_latency_seconds_bucket{", "model_prediction_values_bucket{", "model_requests_total{",
		"model_success_total{", "model_errors_total{", "model_predictions_by_class_total{", "model_accuracy{",
	}
	for _, feature := range []string{
		"interest_rate", "loan_amount", "loan_balance", "loan_to_value_ratio", "credit_score", "debt_to_income_ratio",
		"income", "loan_term", "loan_age", "home_value", "current_rate", "rate_spread",
	} {
		wanted = append(wanted, "model_feature_"+feature+"{")
	}
	page := until(t, exporter.url+"/metrics", func(page string) bool {
		return !slices.ContainsFunc(wanted, func(line string) bool { return !strings.Contains(page, "\n"+line) })
	})
	for _, line := range wanted {
		if !strings.Contains(page, "\n"+line) {
			t.Errorf("the page has no %s", line)
		}
	}
	for _, p := range []*process{predictor, exporter} {
		if err := p.kill(syscall.SIGTERM); err != nil {
			t.Errorf("after SIGTERM: %v, want exit status 0", err)
		}
	}
}

// until returns the first page that holds, or the last one after a minute:
// detection goes by ticks of 15 seconds.
func until(t *testing.T, url string, holds func(page string) bool) string {
	t.Helper()
	var page string
	for range 300 {
		if _, page = fetch(t, url, ""); holds(page) {
			return page
		}
		select {
		case <-t.Context().Done():
			return page
		case <-time.After(200 * time.Millisecond):
		}
	}
	return page
}

// TestNothingAcknowledgedIsLost kills a predictor under load, again and again.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	trials := 20
	if testing.Short() {
		trials = 3
	}
	log := filepath.Join(t.TempDir(), "predictions.db")
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	acknowledged := map[int64]string{} // request ids by prediction
	labelled := map[int64]bool{}
	var mu sync.Mutex
	counters := map[string]float64{}
	for trial := range trials {
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					id := fmt.Sprintf("trial-%d-client-%d-%d", trial, client, n)
					status, answer, err := request(ctx, predictor.url+"/predict", loan(), id)
					if err != nil || status != 200 {
						return
					}
					var a struct {
						ID int64 `json:"prediction_id"`
					}
					if err := json.Unmarshal([]byte(answer), &a); err != nil {
						t.Errorf("%s: %v", answer, err)
						return
					}
					mu.Lock()
					if other, taken := acknowledged[a.ID]; taken {
						t.Errorf("prediction %d is both %s and %s", a.ID, other, id)
					}
					acknowledged[a.ID] = id
					mu.Unlock()
					if n%3 == 0 {
						body := fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":1}`, a.ID)
						if status, _, err := request(ctx, predictor.url+"/feedback", body, ""); err == nil && status == 200 {
							mu.Lock()
							labelled[a.ID] = true
							mu.Unlock()
						}
					}
				}
			})
		}
		enough := len(acknowledged) + 50 + rand.IntN(200)
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
			mu.Lock()
			n := len(acknowledged)
			mu.Unlock()
			if n >= enough {
				break
			}
			_, page := fetch(t, exporter.url+"/metrics", "")
			neverFall(t, counters, page)
		}
		_ = predictor.kill(syscall.SIGKILL)
		cancel()
		clients.Wait()
	}
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	_, page := fetch(t, exporter.url+"/metrics", "")
	neverFall(t, counters, page)
	for prediction, id := range acknowledged {
		if _, answer, err := request(t.Context(), predictor.url+"/predict", loan(), id); err != nil || !strings.Contains(answer, fmt.Sprintf(`{"prediction_id":%d,`, prediction)) {
			t.Errorf("request %s again: %v %s, want prediction %d", id, err, answer, prediction)
		}
		break // one of them, at random
	}
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	checkLog(t, log, acknowledged, labelled)
	t.Logf("%d trials, %d predictions and %d outcomes were acknowledged", trials, len(acknowledged), len(labelled))
}

var counter = regexp.MustCompile(`(?m)^(model_\w+(?:_total|_count|_sum|_bucket)\{[^}]*\}) (\S+)$`)

// neverFall holds the counters of a page against those of the page before.
func neverFall(t *testing.T, before map[string]float64, page string) {
	t.Helper()
	for _, m := range counter.FindAllStringSubmatch(page, -1) {
		now, err := strconv.ParseFloat(m[2], 64)
		if err != nil || now < before[m[1]] {
			t.Errorf("%s fell from %v to %s", m[1], before[m[1]], m[2])
		}
		before[m[1]] = now
	}
}

// checkLog holds the log against what was acknowledged.
func checkLog(t *testing.T, path string, acknowledged map[int64]string, labelled map[int64]bool) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT id, request_id, EXISTS (SELECT 1 FROM feedback WHERE prediction_id = id) FROM predictions ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found, outcomes := 0, 0
	for rows.Next() {
		var id int64
		var request string
		var outcome bool
		if err := rows.Scan(&id, &request, &outcome); err != nil {
			t.Fatal(err)
		}
		if want, ok := acknowledged[id]; ok {
			found++
			if request != want {
				t.Errorf("prediction %d has request id %s, answered was %s", id, request, want)
			}
		}
		if outcome && labelled[id] {
			outcomes++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if found != len(acknowledged) || outcomes != len(labelled) {
		t.Errorf("the log has %d of %d acknowledged predictions and %d of %d outcomes", found, len(acknowledged), outcomes, len(labelled))
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "log", "check", "--predictions.log="+path).CombinedOutput(); err != nil {
		t.Errorf("log check: %v\n%s", err, out)
	}
}

// TestExportersAgree holds two exporters of one log against each other at the
// same ids: one is scraped after every step, the other after thirty, and
// killed and started anew midway. The look-back is short, so that several
// anchors are passed.
func TestExportersAgree(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	flags := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, "--window.predictions=200", "--window.lookback=300"}
	often, seldom := start(t, flags...), start(t, flags...)
	for step := range 150 {
		var batch []string
		for range 10 {
			batch = append(batch, loan())
		}
		if status, answer := fetch(t, predictor.url+"/predict", "["+strings.Join(batch, ",")+"]"); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		if status, answer := fetch(t, predictor.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, step*10, step%2)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		fetch(t, often.url+"/metrics", "")
		if step == 70 {
			_ = seldom.kill(syscall.SIGKILL)
			seldom = start(t, flags...)
		}
		if step%30 != 29 {
			continue
		}
		a, b := told(t, often.url), told(t, seldom.url)
		for range 3 { // a tick may end between the two scrapes
			if slices.Equal(a, b) {
				break
			}
			a, b = told(t, often.url), told(t, seldom.url)
		}
		if !slices.Equal(a, b) {
			t.Errorf("step %d: the two exporters differ:\n%s", step, unlike(a, b))
		}
		if len(a) < 100 {
			t.Errorf("step %d: only %d samples", step, len(a))
		}
	}
}

// told returns the samples that tell of models, without the one that is an age.
func told(t *testing.T, url string) []string {
	t.Helper()
	_, page := fetch(t, url+"/metrics", "")
	var samples []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "model_window_age_seconds") {
			continue
		}
		if strings.HasPrefix(line, "feature_") || strings.HasPrefix(line, "prediction_") || strings.HasPrefix(line, "model_") {
			samples = append(samples, line)
		}
	}
	return samples
}

func unlike(a, b []string) string {
	var s strings.Builder
	for _, line := range a {
		if !slices.Contains(b, line) {
			s.WriteString("- " + line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			s.WriteString("+ " + line)
		}
	}
	return s.String()
}

// TestPrometheus scrapes an installation with a real Prometheus, which loads the
// rules that are shipped.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s: install Debian's package prometheus", name)
		}
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	rules, err := filepath.Abs("../prometheus/rules/drift.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - {job_name: drift_exporter, static_configs: [{targets: [%q]}]}
  - {job_name: predictor, static_configs: [{targets: [%q]}]}
`, rules, strings.TrimPrefix(exporter.url, "http://"), strings.TrimPrefix(predictor.url, "http://"))
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	prometheus := exec.CommandContext(t.Context(), "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address) // #nosec G204 -- our own arguments
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
		`up{job="drift_exporter"}`:                        "1",
		`up{job="predictor"}`:                             "1",
		`drift_up`:                                        "1",
		`count(feature_kl_divergence)`:                    "12",
		`count(feature_drift_detected == 0)`:              "12",
		`model_success_total`:                             "1200",
		`min(drift_scrape_collector_success)`:             "1",
		`count(ALERTS{alertstate="firing"}) or vector(0)`: "0",
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
	if got := eventually(t, address, `count(ALERTS{feature="income"}) > bool 0`, "1"); got != "1" {
		t.Error("no alert on the drift of income is pending or firing")
	}
	checkPage(t, predictor.url)
	checkPage(t, exporter.url)
}

// checkPage has promtool lint a page. The values of an applicant are named after
// the model's features, which it cannot know.
func checkPage(t *testing.T, url string) {
	t.Helper()
	_, page := fetch(t, url+"/metrics", "")
	own := regexp.MustCompile(`(?m)^(# (HELP|TYPE) )?model_feature_.*\n`).ReplaceAllString(page, "")
	promtool := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	promtool.Stdin = strings.NewReader(own)
	if out, err := promtool.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics of %s: %v\n%s", url, err, out)
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
