package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kindCase is a reference that the program counts from a CSV, and a window of rows that
// another service logs, held against it by an exporter.
type kindCase struct {
	name  string
	csv   string
	flags []string // of reference
	says  []string // what reference says on stderr
	// window are the features of each row as JSON; answers, when there are any, the score,
	// the class and the outcome of each as SQL values.
	window  []string
	answers []string
	exact   bool // p-values down to 1/10000 instead of 1/200
	page    []sample
	// recomputed are the features that numpy computes once more, such as "x:numeric".
	recomputed string
}

// sample is a metric that must lie in [low, high], which it may lack for 0, or that
// must not be there.
type sample struct {
	metric    string
	labels    []string
	low, high float64
	absent    bool
}

func about(metric string, low, high float64, labels ...string) sample {
	return sample{metric: metric, labels: labels, low: low, high: high}
}

func (c *kindCase) run(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "reference.json")
	said := command(t, 0, append([]string{"reference", "--csv=" + file(t, dir, "rows.csv", c.csv), "--model.name=m", "--reference.output=" + path}, c.flags...)...)
	for _, want := range c.says {
		if !strings.Contains(said, want) {
			t.Errorf("reference says\n%s\nwant %q", said, want)
		}
	}
	log := c.log(t)
	p := c.scrape(t, path, log)
	if c.recomputed != "" {
		c.numpyRecomputes(t, p, filepath.Join(dir, "rows.csv"), log)
	}
	c.check(t, p)
	if t.Failed() {
		t.Logf("reference says\n%s", said)
	}
}

// check holds a page against what the case wants.
func (c *kindCase) check(t *testing.T, p page) {
	t.Helper()
	for _, s := range c.page {
		got, ok := p.value(s.metric, s.labels...)
		if !ok && s.low <= 0 && !s.absent {
			continue // nothing of the kind
		}
		if ok == s.absent || !s.absent && !(got >= s.low && got <= s.high) {
			t.Errorf("%s%v is %v (%t), want %v to %v (%t)", s.metric, s.labels, got, ok, s.low, s.high, !s.absent)
		}
	}
}

// watch logs the window's rows and returns the page of an exporter with the reference.
func (c *kindCase) watch(t *testing.T, reference string) page {
	t.Helper()
	return c.scrape(t, reference, c.log(t))
}

// log logs the window's rows, a second apart, the last a minute ago.
func (c *kindCase) log(t *testing.T) (path string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "predictions.db")
	command(t, 0, "log", "init", "--predictions.log="+log)
	db := database(t, log, "rw")
	var text strings.Builder
	text.WriteString("BEGIN;")
	past := time.Now().Add(-time.Minute - time.Duration(len(c.window))*time.Second) // the last tick has ended
	for i, features := range c.window {
		score, class, outcome := "NULL", "''", ""
		if c.answers != nil {
			parts := strings.SplitN(c.answers[i], "|", 3)
			score, class, outcome = parts[0], parts[1], parts[2]
		}
		fmt.Fprintf(&text, "INSERT INTO predictions (time, model, features, score, class) VALUES (%d, 'm', '%s', %s, %s);\n", past.Add(time.Duration(i)*time.Second).UnixNano(), strings.ReplaceAll(features, "'", "''"), score, class)
		if outcome != "" {
			fmt.Fprintf(&text, "INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), %s);\n", outcome)
		}
	}
	text.WriteString("COMMIT;")
	execute(t, db, text.String())
	return log
}

// scrape returns the page of an exporter of that log.
func (c *kindCase) scrape(t *testing.T, reference, log string) page {
	t.Helper()
	args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, "--reference.file=" + reference,
		fmt.Sprintf("--window.predictions=%d", max(len(c.window), 50)), fmt.Sprintf("--window.feedback=%d", max(len(c.window), 50)), "--collector.feature_bins"}
	if !c.exact {
		args = append(args, quick)
	}
	p := scrape(t, start(t, args...).url)
	if n, _ := p.value("model_window_predictions"); n != float64(len(c.window)) {
		t.Errorf("%v rows are in the window, want %d", n, len(c.window))
	}
	return p
}

// command runs the program to its end and returns what it says on stderr.
func command(t *testing.T, status int, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...) // #nosec G204 -- our own arguments
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("%v: exit status %d, want %d\n%s%s", args, got, status, &stdout, &stderr)
	}
	return stderr.String()
}

func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cells is a CSV of one column.
func cells(name string, rows int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(quotedCell(name) + "\n")
	for i := range rows {
		b.WriteString(quotedCell(row(i)) + "\n")
	}
	return b.String()
}

// quotedCell is a cell that a reader of CSV takes as this text, also an empty one.
func quotedCell(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// objects are the features of rows that have one.
func objects(name string, rows int, row func(i int) string) []string {
	all := make([]string, rows)
	for i := range all {
		all[i] = fmt.Sprintf(`{%q:%s}`, name, row(i))
	}
	return all
}

// each gives one of these in turn.
func each(texts ...string) func(int) string {
	return func(i int) string { return texts[i%len(texts)] }
}

// quiet are the samples of a feature that has not changed, with this share missing.
func quiet(feature string, missing float64) []sample {
	return []sample{
		about("feature_kl_divergence", 0, .01, "feature", feature),
		about("feature_drift_detected", 0, 0, "feature", feature),
		about("feature_missing_ratio", missing-.01, missing+.01, "feature", feature),
		about("feature_unseen_ratio", 0, 0, "feature", feature),
		about("feature_bin_share", 0, 0, "feature", feature, "bin", "__invalid__"),
	}
}

func runCases(t *testing.T, cases []kindCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}
