package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// expectation is a sample between low and high, or one that must be absent.
type expectation struct {
	metric    string
	labels    map[string]string
	low, high *float64
}

// UnmarshalJSON reads an array of the four.
func (e *expectation) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.metric, &e.labels, &e.low, &e.high})
}

// recompute asks numpy and scipy what the page must show of a reference's CSV and a
// log, and holds the page against that.
func recompute(t *testing.T, p page, asked map[string]any) {
	t.Helper()
	question, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := numpy.ask(t, question)
	if err != nil {
		t.Fatal(err)
	}
	var expected []expectation
	if err := json.Unmarshal(answer, &expected); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	if len(expected) < 4 {
		t.Fatalf("numpy says only %v", expected)
	}
	for _, e := range expected {
		var labels []string
		for name, value := range e.labels {
			labels = append(labels, name, value)
		}
		got, ok := p.value(e.metric, labels...)
		switch {
		case e.low == nil && ok:
			t.Errorf("%s%v is %v, numpy says it must be absent", e.metric, labels, got)
		case e.low != nil && !(ok && got >= *e.low && got <= *e.high):
			t.Errorf("%s%v is %v (%t), numpy says %v to %v", e.metric, labels, got, ok, *e.low, *e.high)
		}
	}
}

// needPython skips the test where a library is missing.
func needPython(t *testing.T) {
	t.Helper()
	if lacks := pythonLacks(); lacks != "" {
		t.Skipf("python3 with numpy, scipy and scikit-learn is needed: %s", lacks)
	}
}

// python runs a program of testdata, and skips where its libraries are missing.
func python(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	needPython(t)
	cmd := exec.CommandContext(t.Context(), "python3", args...) // #nosec G204 -- our own arguments
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3 %v: %v\n%s", args, err, &stderr)
	}
	return out
}

// pythonLacks says what is missing to run the programs of testdata; empty: nothing.
var pythonLacks = sync.OnceValue(func() string {
	out, err := exec.CommandContext(context.Background(), "python3", "-c", "import numpy, scipy, sklearn").CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v\n%s", err, out)
	}
	return ""
})

// TestNumpyRecomputesThePage makes random tables with columns of every kind, and has
// numpy, scipy and scikit-learn compute from the rows what the page must show. More of
// them: DRIFT_TEST_TABLES=100.
func TestNumpyRecomputesThePage(t *testing.T) {
	t.Parallel()
	tables := 2
	if n, err := strconv.Atoi(os.Getenv("DRIFT_TEST_TABLES")); err == nil {
		tables = n
	}
	for seed := range tables {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			rows, log, reference := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "predictions.db"), filepath.Join(dir, "reference.json")
			command(t, 0, "log", "init", "--predictions.log="+log)
			var made struct {
				Features map[string]string
				Flags    []string
				Window   int
			}
			if err := json.Unmarshal(python(t, nil, "testdata/tables.py", fmt.Sprint(seed), rows, log), &made); err != nil {
				t.Fatal(err)
			}
			command(t, 0, append([]string{"reference", "--csv=" + rows, "--score=p", "--outcome=y", "--model.name=m", "--reference.output=" + reference}, made.Flags...)...)
			size := max(made.Window*9/10, 50)
			exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--reference.file="+reference,
				fmt.Sprint("--window.predictions=", size), fmt.Sprint("--window.feedback=", size/2), "--drift.bootstrap-samples=999")
			recompute(t, scrape(t, exporter.url), map[string]any{
				"csv": rows, "log": log, "features": made.Features, "score": "p", "outcome": "y",
				"window": size, "feedback": size / 2, "draws": 999,
			})
		})
	}
}

// numpyRecomputes holds a case against what numpy makes of its rows.
func (c *kindCase) numpyRecomputes(t *testing.T, p page, csv, log string) {
	t.Helper()
	draws := 199
	if c.exact {
		draws = 9999
	}
	features := map[string]string{}
	for pair := range strings.FieldsSeq(c.recomputed) {
		name, kind, _ := strings.Cut(pair, ":")
		features[name] = kind
	}
	recompute(t, p, map[string]any{
		"csv": csv, "log": log, "features": features, "missing": c.missing(), "window": len(c.window), "feedback": len(c.window), "draws": draws,
	})
}

// missing are the texts that flags say stand for no value.
func (c *kindCase) missing() []string {
	texts := []string{}
	for _, f := range c.flags {
		if text, ok := strings.CutPrefix(f, "--missing="); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
