package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// scripted is a step that notes its runs and does what the test says.
type scripted struct {
	name  string
	notes *notes
}

type notes struct {
	mu   sync.Mutex
	keys []string
	does map[string]func(context.Context) (Result, error)
}

func (n *notes) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.keys, " ")
}

// Plan implements Step.
func (s *scripted) Plan(j *Job) string { return "do " + s.name + " to " + j.Model }

// Run implements Step.
func (s *scripted) Run(ctx context.Context, j *Job) (Result, error) {
	s.notes.mu.Lock()
	s.notes.keys = append(s.notes.keys, s.name+":"+strings.TrimPrefix(j.Key, j.Run))
	does := s.notes.does[s.name]
	s.notes.mu.Unlock()
	if does != nil {
		return does(ctx)
	}
	return Result{Evidence: map[string]int{"before": len(j.Before)}}, nil
}

// bench is an engine under test with a clock that the test sets.
type bench struct {
	*engine
	t      *testing.T
	notes  *notes
	path   string
	config *Config
	clock  *clock
	stop   context.CancelFunc
	ctx    context.Context
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newBench(t *testing.T, playbooks string) *bench {
	t.Helper()
	b := &bench{t: t, notes: &notes{does: map[string]func(context.Context) (Result, error){}}, path: filepath.Join(t.TempDir(), "audit.jsonl"), clock: &clock{at: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}}
	var err error
	if b.config, err = Parse([]byte(playbooks), "respond.yml", kindsOf(b.notes)); err != nil {
		t.Fatal(err)
	}
	b.open()
	t.Cleanup(func() { b.kill() })
	return b
}

func kindsOf(n *notes) (all []Kind) {
	for _, name := range []string{"look", "build", "swap"} {
		all = append(all, Kind{Name: name, Parse: func(strictyaml.Decoder, *yaml.Node) (Step, error) { return &scripted{name: name, notes: n}, nil }})
	}
	return all
}

func (b *bench) open() {
	b.t.Helper()
	e, err := openEngine(b.path, filepath.Join(filepath.Dir(b.path), "runs"), "predictions.db", b.config, newMetrics(), slog.New(slog.DiscardHandler), b.clock.now)
	if err != nil {
		b.t.Fatal(err)
	}
	b.engine = e
	b.ctx, b.stop = context.WithCancel(context.Background())
	e.resume(b.ctx)
}

// kill ends the process as far as the audit file can tell: what runs is not recorded.
func (b *bench) kill() {
	if b.engine == nil {
		return
	}
	b.stop()
	if err := b.close(); err != nil {
		b.t.Error(err)
	}
	b.engine = nil
}

func (b *bench) alert(status, fingerprint string, labels ...string) {
	b.t.Helper()
	a := Alert{Status: status, Fingerprint: fingerprint, StartsAt: time.Date(2026, 3, 1, 2, 59, 0, 0, time.UTC), Labels: map[string]string{"alertname": "ModelAccuracyDrop", "model": "loans", "version": "1"}}
	for i := 0; i+1 < len(labels); i += 2 {
		a.Labels[labels[i]] = labels[i+1]
	}
	if err := b.receive(b.ctx, &notification{Alerts: []Alert{a}}); err != nil {
		b.t.Fatal(err)
	}
}

// until waits until a condition of the newest run holds.
func (b *bench) until(what string, holds func(r *run) bool) run {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if all := b.newest(1); len(all) == 1 && holds(&all[0]) {
			return all[0]
		}
	}
	b.t.Fatalf("%s: %+v", what, b.newest(1))
	return run{}
}

func ended(outcome string) func(*run) bool { return func(r *run) bool { return r.Outcome == outcome } }

const threeSteps = `
dry_run: false
playbooks:
  - {name: retrain, alerts: [ModelAccuracyDrop], steps: [{look: {}}, {build: {}}, {swap: {}, approve: person}]}
`

func TestARunDoesItsStepsOnceAndWaitsForAPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t, threeSteps)
	b.alert(firing, "a")
	r := b.until("waits", (*run).waits)
	b.alert(firing, "a") // Alertmanager repeats itself
	if err := b.decide(r.ID, 2, true, "anna", ""); !errors.Is(err, errNotWaiting) {
		t.Errorf("approval of another step: %v", err)
	}
	if err := b.decide(r.ID, 3, true, "anna", "seen the report"); err != nil {
		t.Fatal(err)
	}
	r = b.until("is done", ended(outcomeDone))
	if got := b.notes.all(); got != "look:-1 build:-2 swap:-3" {
		t.Errorf("steps %s", got)
	}
	if last := r.Steps[2]; last.By != "anna" || last.Evidence != `{"before":2}` {
		t.Errorf("last step %+v", last)
	}
	if err := b.decide(r.ID, 3, true, "anna", ""); !errors.Is(err, errNotWaiting) {
		t.Errorf("second approval: %v", err)
	}
}

func TestADryRunOnlySaysWhatItWouldDo(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(threeSteps, "dry_run: false", "", 1))
	b.alert(firing, "a")
	r := b.until("is planned", ended(outcomePlanned))
	if len(r.Steps) != 3 || r.Steps[2].Text != "after a person's approval: do swap to loans" || b.notes.all() != "" {
		t.Errorf("%+v did %s", r.Steps, b.notes.all())
	}
	b.alert(firing, "b") // a dry run needs no cooldown
	b.until("second", func(r *run) bool { return r.Alert.Fingerprint == "b" && r.Outcome == outcomePlanned })
}

func TestAKilledRunGoesOnWithoutRepeatingWhatWasDone(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"look", "build", "swap"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, strings.Replace(threeSteps, ", approve: person", "", 1))
			hangs := make(chan struct{}, 1)
			b.notes.does[at] = func(ctx context.Context) (Result, error) {
				hangs <- struct{}{}
				<-ctx.Done()
				return Result{}, ctx.Err()
			}
			b.alert(firing, "a")
			<-hangs
			b.kill()
			b.notes.does = nil
			b.open()
			b.until("is done", ended(outcomeDone))
			want := "look:-1 build:-2 swap:-3"
			number := map[string]string{"look": "-1", "build": "-2", "swap": "-3"}[at]
			want = strings.Replace(want, at+":"+number, at+":"+number+" "+at+":"+number, 1)
			if got := b.notes.all(); got != want {
				t.Errorf("steps %s, want %s", got, want)
			}
		})
	}
}

// TestAKillBeforeTheEndIsWrittenDoesNotLetTheRunGoOn removes the last entry, as a kill would have.
func TestAKillBeforeTheEndIsWrittenDoesNotLetTheRunGoOn(t *testing.T) {
	t.Parallel()
	for outcome, result := range map[string]Result{outcomeStopped: {Stop: "accuracy holds"}, outcomeDone: {Final: true}} {
		b := newBench(t, threeSteps)
		b.notes.does["look"] = func(context.Context) (Result, error) { return result, nil }
		b.alert(firing, "a")
		b.until(outcome, ended(outcome))
		b.kill()
		lines := bytes.SplitAfter(bytes.TrimSuffix(read(t, b.path), []byte("\n")), []byte("\n"))
		if !bytes.Contains(lines[len(lines)-1], []byte(`"event":"ended"`)) {
			t.Fatalf("the last entry is %s", lines[len(lines)-1])
		}
		if err := os.WriteFile(b.path, bytes.Join(lines[:len(lines)-1], nil), 0o600); err != nil {
			t.Fatal(err)
		}
		b.open()
		if r := b.until(outcome, ended(outcome)); r.Text != result.Stop || b.notes.all() != "look:-1" {
			t.Errorf("%+v after %s", r, b.notes.all())
		}
	}
}

func TestAnOptionalStepDoesNotEndTheRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, `
dry_run: false
playbooks: [{name: p, alerts: [ModelAccuracyDrop], steps: [{look: {}, optional: true}, {build: {}}]}]
`)
	b.notes.does["look"] = func(context.Context) (Result, error) { return Result{Stop: "nothing to roll back"}, nil }
	b.alert(firing, "a")
	if r := b.until("is done", ended(outcomeDone)); b.notes.all() != "look:-1 build:-2" || r.Steps[0].Text != "nothing to roll back" {
		t.Errorf("%+v after %s", r, b.notes.all())
	}
}

func TestRunsEndForTheReasonTheySay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		does    func(context.Context) (Result, error)
		then    func(b *bench)
		outcome string
		text    string
	}{
		"failure":  {does: func(context.Context) (Result, error) { return Result{}, errors.New("no disk") }, outcome: outcomeFailed, text: "step 1 (look): no disk"},
		"panic":    {does: func(context.Context) (Result, error) { panic("nil map") }, outcome: outcomeFailed, text: "step 1 (look): panic: nil map"},
		"enough":   {does: func(context.Context) (Result, error) { return Result{Stop: "accuracy holds"}, nil }, outcome: outcomeStopped, text: "accuracy holds"},
		"no JSON":  {does: func(context.Context) (Result, error) { return Result{Evidence: func() {}}, nil }, outcome: outcomeFailed, text: "step 1 (look): json: unsupported type: func()"},
		"refused":  {then: func(b *bench) { _ = b.decide(b.newest(1)[0].ID, 3, false, "ben", "") }, outcome: outcomeCancelled, text: "refused by ben"},
		"resolved": {then: func(b *bench) { b.alert(resolved, "a") }, outcome: outcomeCancelled, text: "the alert was resolved before anybody approved"},
		"nobody": {then: func(b *bench) {
			b.clock.pass(25 * time.Hour)
			b.configure(b.config)
		}, outcome: outcomeCancelled, text: "nobody approved within 24h0m0s"},
		"another playbook": {then: func(b *bench) {
			c, _ := Parse([]byte(strings.Replace(threeSteps, "{build: {}}", "{look: {}}", 1)), "respond.yml", kindsOf(b.notes))
			b.configure(c)
		}, outcome: outcomeCancelled, text: "the playbook was changed or removed while the run was going on"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, threeSteps)
			b.notes.does["look"] = test.does
			if test.does == nil {
				delete(b.notes.does, "look")
			}
			b.alert(firing, "a")
			if test.then != nil {
				b.until("waits", (*run).waits)
				test.then(b)
			}
			if r := b.until(test.outcome, func(r *run) bool { return r.Outcome != "" }); r.Outcome != test.outcome || r.Text != test.text {
				t.Errorf("ended as %s: %q", r.Outcome, r.Text)
			} else if last := r.Steps[len(r.Steps)-1]; (last.Event == outcomeFailed) != (test.outcome == outcomeFailed) {
				t.Errorf("ended as %s, its last step %s", r.Outcome, last.Event)
			}
		})
	}
}

func TestAModelHasOneRunAtATimeAndRestsAfterIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, threeSteps)
	b.alert(firing, "a")
	r := b.until("waits", (*run).waits)
	b.alert(firing, "b")
	b.alert(firing, "b")
	b.alert(firing, "c", "model", "fraud")
	b.until("another model", func(r *run) bool { return r.Model == "fraud" })
	_ = b.decide(r.ID, 3, false, "ben", "")
	for len(b.newest(9)) != 2 || b.newest(9)[1].Outcome == "" {
		time.Sleep(time.Millisecond)
	}
	b.alert(firing, "b")
	b.clock.pass(61 * time.Minute)
	b.alert(firing, "b")
	b.until("after the cooldown", func(r *run) bool { return r.Alert.Fingerprint == "b" })
	b.kill()
	var reasons []string
	if _, _, _, err := readAudit(bytes.NewReader(read(t, b.path)), b.path, func(e *Entry) {
		if e.Event == eventIgnored {
			reasons = append(reasons, e.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("[run %s of playbook retrain is going on for this model the last run of this model ended less than 1h0m0s ago (cooldown)]", r.ID)
	if got := fmt.Sprint(reasons); got != want {
		t.Errorf("ignored %s, want %s", got, want)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAnAuditFileThatWasChangedIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(threeSteps, "dry_run: false", "", 1))
	b.alert(firing, "a")
	b.until("is planned", ended(outcomePlanned))
	b.kill()
	whole := read(t, b.path)
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	for name, change := range map[string]struct {
		data []byte
		says string
	}{
		"a word":         {bytes.Replace(whole, []byte("do build"), []byte("do bribe"), 1), "line 3: entry 3 was changed"},
		"a line removed": {bytes.Join(append(lines[:1:1], lines[2:]...), nil), "line 2: entry 3 does not follow"},
		"no JSON":        {append(bytes.Clone(whole), "hello\n"...), "line 6: it is not an entry"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			if bytes.Equal(change.data, whole) || os.WriteFile(path, change.data, 0o600) != nil {
				t.Fatal("nothing was changed")
			}
			if _, err := openAudit(path, func(*Entry) {}); err == nil || !strings.Contains(err.Error(), change.says) {
				t.Errorf("error %v, want %s", err, change.says)
			}
		})
	}
	// A kill can leave a part of the last line.
	for cut := range len(lines[len(lines)-1]) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, whole[:len(whole)-1-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		n := 0
		a, err := openAudit(path, func(*Entry) { n++ })
		if err != nil || n != len(lines)-1 {
			t.Fatalf("cut by %d: %d entries, %v", cut, n, err)
		}
		if err := errors.Join(a.append(&Entry{Event: eventResolved}), a.close()); err != nil {
			t.Fatal(err)
		}
		if err := Audit(path, &bytes.Buffer{}); err != nil {
			t.Errorf("cut by %d: %v", cut, err)
		}
	}
}

func TestOneProcessHasAnAuditFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a, err := openAudit(path, func(*Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openAudit(path, func(*Entry) {}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("second one: %v", err)
	}
	if err := a.close(); err != nil {
		t.Error(err)
	}
}

func TestEntriesReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	e := Entry{Event: eventDone, Time: time.Now(), Text: "<a & b> \u2028 é", Evidence: json.RawMessage(`{ "x": 1e3, "s": "<&>" }`), Alert: &Alert{StartsAt: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)), Labels: map[string]string{"b": "2", "a": "1"}}}
	line, err := e.seal(1, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(line, 1, ""); err != nil {
		t.Errorf("%s: %v", line, err)
	}
}

// Notifications can come in another order than they were sent.
func TestAnAlertThatWasResolvedFirstStartsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, oneStep)
	b.alert(resolved, "a1")
	b.alert(resolved, "a1")
	b.alert(firing, "a1")
	b.kill()
	b.open()
	b.alert(firing, "a1")
	if text := string(read(t, b.path)); strings.Count(text, "\n") != 1 || !strings.Contains(text, resolvedFirst) {
		t.Errorf("the audit file has:\n%s", text)
	}
	b.alert(firing, "a2")
	b.until("another alert starts a run", ended(outcomeDone))
}

func TestOneProcessHasAFolderOfRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t, oneStep)
	_, err := openEngine(b.path+"2", filepath.Join(filepath.Dir(b.path), "runs"), "predictions.db", b.config, newMetrics(), slog.New(slog.DiscardHandler), b.clock.now)
	if err == nil || !strings.Contains(err.Error(), "is in use by another process; run one responder for it") {
		t.Errorf("a second responder: %v", err)
	}
}

const oneStep = `
dry_run: false
playbooks:
  - name: one
    alerts: [ModelAccuracyDrop]
    steps: [{look: {}}]
`
