package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lender has loans and their outcomes: a law says which are repaid, and can change.
type lender struct {
	random *rand.Rand

	mu      sync.Mutex
	law     string  // income, debt or coin
	incomes float64 // the mean of the incomes
	right   []bool  // the answers since the last change
}

// loan returns a loan, and whether it is repaid.
func (l *lender) loan(law string, incomes float64) (features, outcome string) {
	income, debt := incomes+15*l.random.NormFloat64(), max(.01, .4+.15*l.random.NormFloat64())
	x := map[string]float64{"income": (income - 60) / 10, "debt": (.4 - debt) * 12}[law] + .5*l.random.NormFloat64()
	if outcome = "0"; x > 0 {
		outcome = "1"
	}
	return fmt.Sprintf(`{"income":%.2f,"debt":%.3f,"term":%d}`, income, debt, 15*(1+l.random.IntN(2))), outcome
}

// change changes the law.
func (l *lender) change(law string, incomes float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.law, l.incomes, l.right = law, incomes, nil
}

// accuracy returns that of the last n answers since the last change, ok if there are as many.
func (l *lender) accuracy(n int) (share float64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.right) < n {
		return 0, false
	}
	for _, right := range l.right[len(l.right)-n:] {
		if right {
			share += 1 / float64(n)
		}
	}
	return share, true
}

// lend asks a predictor about loans, and soon tells it what became of them, until ctx ends.
func (l *lender) lend(ctx context.Context, url string) error {
	const batch = 50
	every := time.NewTicker(200 * time.Millisecond)
	defer every.Stop()
	for {
		l.mu.Lock()
		law, incomes := l.law, l.incomes
		l.mu.Unlock()
		var loans, outcomes, said []string
		for range batch {
			features, outcome := l.loan(law, incomes)
			loans, outcomes = append(loans, features), append(outcomes, outcome)
		}
		got, err := send(ctx, http.MethodPost, url+"/predict", "["+strings.Join(loans, ",")+"]")
		if ctx.Err() != nil {
			return nil
		}
		var answers []struct {
			ID         int64 `json:"prediction_id"`
			Prediction json.Number
		}
		if err == nil {
			err = json.Unmarshal([]byte(got.body), &answers)
		}
		if err != nil || got.code != http.StatusOK || len(answers) != batch {
			return fmt.Errorf("predict: %d %s %w", got.code, got.body, err)
		}
		right := make([]bool, batch)
		for i, a := range answers {
			right[i] = a.Prediction.String() == outcomes[i]
			said = append(said, fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s}`, a.ID, outcomes[i]))
		}
		if got, err = send(ctx, http.MethodPost, url+"/feedback", "["+strings.Join(said, ",")+"]"); ctx.Err() == nil && (err != nil || got.code != http.StatusOK) {
			return fmt.Errorf("feedback: %d %s %w", got.code, got.body, err)
		}
		l.mu.Lock()
		if l.law == law && l.incomes == incomes {
			l.right = append(l.right, right...)
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

const loopPlaybook = `
dry_run: false
cooldown: 10s
playbooks:
  - name: recover
    alerts: [ModelAccuracyDrop]
    steps:
      - roll_back: {model_file: DIR/model.json, reference_file: DIR/reference.json, reload: [PREDICTOR/-/reload, EXPORTER/-/reload], within_labels: 100000}
        optional: true
      - review_more: {folder: DIR/requests, sample: 0.4, for: 10m}
      - validate: {model_file: DIR/model.json, labels: 500, minimum_labels: 300}
      - retrain: {model_file: DIR/model.json, labels: 1500, minimum_labels: 300}
      - validate: {model: candidate, level: 0.001}
      - shadow: {model_file: DIR/shadow.json, reload: [PREDICTOR/-/reload]}
      - challenge: {model_file: DIR/model.json, maturity: 2s, interval: 1s}
      - promote: {model_file: DIR/model.json, reference_file: DIR/reference.json, reload: [PREDICTOR/-/reload, EXPORTER/-/reload]}
`

// loop is an installation whose alerts are answered by a responder.
type loop struct {
	t                                        *testing.T
	dir, audit, prometheus                   string
	predictor, exporter, outcomes, responder *process
	lender                                   *lender
	responds                                 []string // the command of the responder
}

// newLoop trains a model on loans that depend on the income, and starts everything.
func newLoop(t *testing.T) *loop {
	t.Helper()
	alertmanager, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Skip("no prometheus-alertmanager: install Debian's package of that name")
	}
	needPrometheus(t)
	l := &loop{t: t, dir: t.TempDir(), lender: &lender{random: rand.New(rand.NewPCG(5, 6)), law: "income", incomes: 60}}
	table := "income,debt,term,repaid\n"
	for range 4000 {
		features, outcome := l.lender.loan("income", 60)
		var f struct{ Income, Debt, Term json.Number }
		if err := json.Unmarshal([]byte(features), &f); err != nil {
			t.Fatal(err)
		}
		table += fmt.Sprintf("%s,%s,%s,%s\n", f.Income, f.Debt, f.Term, outcome)
	}
	model, reference, log := filepath.Join(l.dir, "model.json"), filepath.Join(l.dir, "reference.json"), filepath.Join(l.dir, "predictions.db")
	command(t, 0, "train", "--csv="+file(t, l.dir, "train.csv", table), "--outcome=repaid", "--model.name=loans", "--model.version=1", "--model.output="+model, "--reference.output="+reference)
	l.predictor = start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--model.file="+model, "--shadow.model.file="+filepath.Join(l.dir, "shadow.json"), "--web.enable-lifecycle")
	l.exporter = start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--reference.file="+reference, "--web.enable-lifecycle", quick)
	l.outcomes = startOutcomes(t, log, file(t, l.dir, "sources-of-outcomes.yml", "sources:\n- {name: officers, review: {sample: 0.01, raise: {folder: requests}}}\n"), nil)
	l.audit = filepath.Join(l.dir, "audit.jsonl")
	l.responds = []string{
		"respond", "--web.listen-address=" + freeAddress(t), "--predictions.log=" + log, "--audit.file=" + l.audit, "--runs.dir=" + filepath.Join(l.dir, "runs"),
		"--config.file=" + file(t, l.dir, "playbooks.yml", strings.NewReplacer("DIR", l.dir, "PREDICTOR", l.predictor.url, "EXPORTER", l.exporter.url).Replace(loopPlaybook)),
	}
	l.responder = start(t, l.responds...)
	manager := runAlertmanager(t, alertmanager, l.dir, `
route: {receiver: nobody, group_wait: 0s, group_interval: 1s, repeat_interval: 1s, group_by: [alertname, model, version], routes: [{receiver: respond, matchers: [alertname="ModelAccuracyDrop"]}]}
receivers: [{name: nobody}, {name: respond, webhook_configs: [{url: "`+l.responder.url+`/alerts"}]}]
`)
	config := fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%s]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs:
`, strings.Join(impatientRules(t, l.dir), ", "), manager)
	for name, p := range map[string]*process{"drift_exporter": l.exporter, "predictor": l.predictor, "drift_outcomes": l.outcomes, "drift_respond": l.responder} {
		config += fmt.Sprintf("  - {job_name: %s, static_configs: [{targets: [%q]}]}\n", name, strings.TrimPrefix(p.url, "http://"))
	}
	l.prometheus = runPrometheus(t, l.dir, file(t, l.dir, "prometheus.yml", config))
	return l
}

// until asks Prometheus until the value of a query is the one wanted, for two minutes at most.
func (l *loop) until(query, want string) {
	l.t.Helper()
	got := ""
	for range 2 {
		if got = eventually(l.t, l.prometheus, query, want); got == want {
			l.t.Logf("%s: %s is %s", time.Now().Format("15:04:05"), query, want)
			return
		}
	}
	l.t.Fatalf("%s is %q, want %s\n%s", query, got, want, get(l.t, l.responder.url+"/api/v1/runs").body)
}

const droppedAlerts = `count(ALERTS{alertname="ModelAccuracyDrop", alertstate="firing"}) or vector(0)`

// loopRun is a run of the responder.
type loopRun struct {
	Run, Version, Outcome, Text string
	Steps                       []struct {
		Kind, Event, Text string
		Evidence          struct {
			From   string  `json:"from_version"`
			To     string  `json:"to_version"`
			Sample float64 `json:"sample"`
			Wins   int     `json:"wins"`
			Losses int     `json:"losses"`
		}
	}
}

// killWaiting kills the responder while it waits for the outcomes of a challenge, and starts it again.
func (l *loop) killWaiting() {
	l.t.Helper()
	waitFor(l.t, "a challenge has begun", func() bool {
		return strings.Contains(get(l.t, l.responder.url+"/api/v1/runs").body, `"kind":"challenge","event":"begun"`)
	})
	if err := l.responder.kill(syscall.SIGKILL); err == nil {
		l.t.Error("it ended by itself")
	}
	l.responder = start(l.t, l.responds...)
}

// ended waits until there is a run about a version that has ended in a way, after so many others.
func (l *loop) ended(after int, version, outcome string) loopRun {
	l.t.Helper()
	var found loopRun
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var all struct{ Runs []loopRun }
		body := get(l.t, l.responder.url+"/api/v1/runs").body
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			l.t.Fatal(err)
		}
		slices.Reverse(all.Runs)
		for _, r := range all.Runs[min(after, len(all.Runs)):] {
			if r.Version == version && r.Outcome == outcome {
				found = r
			}
		}
		if found.Run != "" {
			l.t.Logf("%s: run %s about version %s is %s: %s", time.Now().Format("15:04:05"), found.Run, version, outcome, found.Text)
			return found
		}
		if time.Now().After(end) {
			l.t.Fatalf("no run about version %s is %s\n%s\n%s", version, outcome, body, l.responder.said())
		}
	}
}

// runs is the number of runs so far.
func (l *loop) runs() int {
	var all struct{ Runs []loopRun }
	if err := json.Unmarshal([]byte(get(l.t, l.responder.url+"/api/v1/runs").body), &all); err != nil {
		l.t.Fatal(err)
	}
	return len(all.Runs)
}

// recovers waits until the answers are right again.
func (l *loop) recovers() {
	l.t.Helper()
	waitFor(l.t, "the answers are right", func() bool {
		share, ok := l.lender.accuracy(500)
		return ok && share > .8
	})
}

// serves wants the predictor and the exporter to have a version.
func (l *loop) serves(version string) {
	l.t.Helper()
	if _, health := fetch(l.t, l.predictor.url+"/health", ""); !strings.Contains(health, `"model_version":"`+version+`"`) {
		l.t.Errorf("version %s is not served: %s", version, health)
	}
	l.until(`count(model_training_age_seconds{version="`+version+`"})`, "1")
}

// TestTheWholeLoop: loans drift and depend on something else, Prometheus and Alertmanager say so,
// and the responder makes a better model. When that becomes worse it is rolled back. When nothing
// can be learned nothing is promoted.
func TestTheWholeLoop(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	ctx, stop := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- l.lender.lend(ctx, l.predictor.url) }()
	l.until(`model_accuracy_drop_detected{model="loans",version="1"}`, "0")
	l.recovers()

	l.lender.change("income", 80)
	l.until(`count(ALERTS{alertname="ModelFeatureDrift", feature="income", severity="warning", alertstate="firing"})`, "1")
	l.until(droppedAlerts, "0")
	l.lender.change("debt", 80)
	l.until(`count(ALERTS{alertname="ModelAccuracyDrop", version="1", alertstate="firing"})`, "1")
	l.killWaiting()
	first := l.ended(0, "1", "done")
	kinds := []string{"roll_back", "review_more", "validate", "retrain", "validate", "shadow", "challenge", "promote"}
	for i, s := range first.Steps {
		if i >= len(kinds) || s.Kind != kinds[i] || s.Event != "done" {
			t.Errorf("step %d is %s, %s", i+1, s.Kind, s.Event)
		}
	}
	if len(first.Steps) != len(kinds) {
		t.Fatalf("%+v", first)
	}
	promoted := first.Steps[7].Evidence
	if promoted.From != "1" || first.Steps[1].Evidence.Sample != .4 || !strings.Contains(first.Steps[0].Text, "did not come from a promotion") {
		t.Errorf("%+v", first)
	}
	l.until(`drift_outcomes_review_raised_sample_ratio{model="loans"}`, "0.4")
	l.lender.change("debt", 80) // counts the answers anew
	l.recovers()
	l.until(droppedAlerts, "0")
	l.serves(promoted.To)

	runs := l.runs()
	l.lender.change("income", 80)
	back := l.ended(runs, promoted.To, "done")
	if len(back.Steps) != 1 || back.Steps[0].Kind != "roll_back" || back.Steps[0].Evidence.From != promoted.To || back.Steps[0].Evidence.To != "1" {
		t.Errorf("not rolled back: %+v", back)
	}
	l.lender.change("income", 80)
	l.recovers()
	l.until(droppedAlerts, "0")
	l.serves("1")

	runs = l.runs()
	l.lender.change("coin", 80)
	bad := l.ended(runs, "1", "stopped")
	if n := len(bad.Steps); n != 5 || bad.Steps[4].Kind != "validate" || !strings.Contains(bad.Text, "the candidate is not better than the served model") {
		t.Errorf("a candidate that is no better: %+v", bad)
	}
	l.serves("1")

	stop()
	if err := <-sent; err != nil {
		t.Error(err)
	}
	command(t, 0, "respond", "audit", "--audit.file="+l.audit)
}

// runAlertmanager runs an Alertmanager with a configuration until the test ends.
func runAlertmanager(t *testing.T, program, dir, config string) (address string) {
	t.Helper()
	address = freeAddress(t)
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+file(t, dir, "alertmanager.yml", config), "--storage.path="+filepath.Join(dir, "alertmanager"), // #nosec G204 -- our own arguments
		"--web.listen-address="+address, "--cluster.listen-address=")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return address
}
