package replay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/count"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// nannyPython is the Python of an environment with NannyML, which needs older libraries than
// others do.
func nannyPython(t *testing.T) string {
	t.Helper()
	python := cmp.Or(os.Getenv("NANNYML_PYTHON"), "python3")
	if out, err := exec.CommandContext(t.Context(), python, "-W", "ignore", "-c", "import nannyml").CombinedOutput(); err != nil {
		t.Skipf("%s has no NannyML: make an environment with 'pip install nannyml==0.13.1 statsmodels==0.15.0' and set NANNYML_PYTHON to its python: %v\n%.500s", python, err, out)
	}
	return python
}

// nannyChunk is what NannyML says of one chunk of rows. Outside of the thresholds it raises an
// alert.
type nannyChunk struct {
	Estimate, Realised float64
	Lower, Upper       *float64
}

func (c *nannyChunk) alerts(estimate float64) bool {
	return c.Lower != nil && estimate < *c.Lower || c.Upper != nil && estimate > *c.Upper
}

// TestNannyMLComesToTheSameConclusions compares estimates without outcomes with NannyML's, on the
// data sets that its package ships: with CBPE for classes, which calibrates the probabilities of all
// classes, and with DLE for numbers, which fits a second model to the absolute errors. Both judge by
// NannyML's thresholds, three standard deviations of the reference's chunks.
func TestNannyMLComesToTheSameConclusions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), nannyPython(t), "testdata/nannyml_estimates.py", folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nannyml_estimates.py: %v\n%s", err, out)
	}
	out, err := os.ReadFile(filepath.Join(folder, "estimates.json"))
	if err != nil {
		t.Fatal(err)
	}
	var theirs map[value.Prediction][]nannyChunk
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatalf("nannyml_estimates.py: %v: %s", err, out)
	}
	for of, chunks := range theirs {
		ours := estimates(t, of, filepath.Join(folder, string(of)))
		if len(chunks) < 8 || len(ours) < len(chunks) {
			t.Fatalf("%s: %d chunks of NannyML and %d of ours", of, len(chunks), len(ours))
		}
		alerts := 0
		for i, c := range chunks[:len(chunks)-len(chunks)%2] {
			a, b := c.alerts(c.Estimate), c.alerts(ours[i])
			t.Logf("%s chunk %d: ours %.5g, NannyML %.5g, true %.5g; alert %v and %v", of, i, ours[i], c.Estimate, c.Realised, b, a)
			if a != b {
				t.Errorf("%s chunk %d: our estimate %v is an alert: %v, NannyML's %v: %v", of, i, ours[i], b, c.Estimate, a)
			}
			if a {
				alerts++
			}
		}
		t.Logf("%s: %d alerts", of, alerts)
	}
}

// estimates replays the rows of a data set, and returns the estimate at the end of each chunk.
func estimates(t *testing.T, of value.Prediction, path string) (all []float64) {
	t.Helper()
	const chunk = 6000
	file, err := rows.Open(t.Context(), path+"_reference.csv", rows.FormatCSV)
	if err != nil {
		t.Fatal(err)
	}
	var o count.Options
	o.Type, o.Score, o.Outcome, o.Threshold, o.Folder = of, "score", "outcome", .5, t.TempDir()
	if of != value.Regression {
		o.Class = "class"
	}
	r, _, err := count.Rows(t.Context(), file, o, reference.BuildOptions{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	var encoded bytes.Buffer
	if err := r.Encode(&encoded); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".json", encoded.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	from := Rows{Path: path + "_analysis.csv", Format: rows.FormatCSV, Score: "score", Class: o.Class, Outcome: "outcome", Rate: 1, Start: time.Unix(chunk*300_000, 0)}
	w := watch(t)
	w.ReferenceFile, w.Log, w.Window.Predictions = path+".json", "the rows of the file", chunk
	one, err := newRun(Setting{Watch: w}, &Options{Rows: &from})
	if err != nil {
		t.Fatal(err)
	}
	history, err := openRows(t.Context(), from, &one.specs[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := history.open(one)
	if err != nil {
		t.Fatal(err)
	}
	past := newPast(s, w.Window.Lookback)
	windows, stop := follow(t, past, w)
	defer stop()
	walk := walk{past: past, source: windows, step: int64(chunk * time.Second), visit: func(s *snapshot.Snapshot) error {
		m := &s.Models[0]
		switch {
		case m.Rows.Count < chunk:
		case m.ExpectedError != nil:
			all = append(all, m.ExpectedError.Error)
		case m.Estimate != nil:
			all = append(all, m.Estimate.Accuracy)
		default:
			all = append(all, math.NaN())
		}
		return nil
	}}
	if err := walk.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	return all
}
