package replay

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// typed writes a reference and a CSV of a model of a type. In the second half of the rows x has
// moved.
func typed(t *testing.T, of value.Prediction) (referencePath, csvPath string) {
	t.Helper()
	random := rand.New(rand.NewPCG(8, 9))
	names := []string{"ash", "elm", "oak"}
	draw := func(moved float64) (x, score, truth float64, predicted, actual string) {
		x = random.NormFloat64() + moved
		predicted = names[min(2, max(0, int(x+1.5)))]
		if actual = predicted; random.IntN(5) == 0 {
			actual = names[random.IntN(3)]
		}
		if of == value.Regression {
			return x, 100 * x, 100*x + 10*random.NormFloat64(), "", ""
		}
		return x, .5 + random.Float64()/2, 0, predicted, actual
	}
	columns, held := []reference.Column{{Name: "x", Type: value.Numeric}}, &reference.HeldOut{}
	for i := range 3000 {
		x, score, truth, predicted, actual := draw(0)
		columns[0].Numbers = append(columns[0].Numbers, x)
		held.Index, held.Score = append(held.Index, i), append(held.Score, score)
		if of == value.Regression {
			held.Truth = append(held.Truth, truth)
		} else {
			held.Predicted, held.Actual = append(held.Predicted, predicted), append(held.Actual, actual)
		}
	}
	r, err := reference.Build(columns, held, reference.BuildOptions{Model: "m", Type: of})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := r.Encode(&file); err != nil {
		t.Fatal(err)
	}
	var csv strings.Builder
	csv.WriteString("x,score,class,outcome\n")
	for i := range 4000 {
		moved := 0.
		if i >= 2000 {
			moved = 1
		}
		x, score, truth, predicted, actual := draw(moved)
		if of == value.Regression {
			actual = fmt.Sprint(truth)
		}
		fmt.Fprintf(&csv, "%v,%v,%s,%s\n", x, score, predicted, actual)
	}
	dir := t.TempDir()
	referencePath, csvPath = filepath.Join(dir, "reference.json"), filepath.Join(dir, "rows.csv")
	for path, text := range map[string]string{referencePath: file.String(), csvPath: csv.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return referencePath, csvPath
}

func TestRowsOfEveryTypeAreReplayed(t *testing.T) {
	t.Parallel()
	for of, rows := range map[value.Prediction]Rows{
		value.Multiclass: {Class: "class", Outcome: "outcome", Rate: 1, Start: start},
		value.Regression: {Score: "score", Outcome: "outcome", Rate: 1, Start: start},
	} {
		o := watch(t)
		o.ReferenceFile, rows.Path = typed(t, of)
		report, err := Run(t.Context(), Options{Rows: &rows, Settings: []Setting{{Watch: o}}, Step: 15 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		m := report.Results[0].model("m", "")
		if len(m.Distributions) != 2 {
			t.Fatalf("%s: %d distributions", of, len(m.Distributions))
		}
		for _, d := range m.Distributions {
			if len(d.Alarms) == 0 {
				t.Errorf("%s: %s has moved, and no alarm was raised", of, d.Name)
			}
			for _, a := range d.Alarms {
				if a.On.Before(start.Add(2000 * time.Second)) {
					t.Errorf("%s: %s has a false alarm at %v", of, d.Name, a.On)
				}
			}
		}
	}
}

// TestOutcomesOfEveryTypeAreReplayed looks at the last scrape of rows whose class, number and
// outcomes are in the file.
func TestOutcomesOfEveryTypeAreReplayed(t *testing.T) {
	t.Parallel()
	for of, rows := range map[value.Prediction]Rows{
		value.Multiclass: {Score: "score", Class: "class", Outcome: "outcome", Time: "", Rate: 1, Start: start},
		value.Regression: {Score: "score", Outcome: "outcome", Rate: 1, Start: start},
	} {
		path := ""
		path, rows.Path = typed(t, of)
		one := runOf(t, &rows, path)
		history, err := openRows(t.Context(), rows, &one.specs[0])
		if err != nil {
			t.Fatal(err)
		}
		s, err := history.open(one)
		if err != nil {
			t.Fatal(err)
		}
		o := watch(t)
		o.ReferenceFile, o.Log = path, "the rows of the file"
		past := newPast(s, o.Window.Lookback)
		windows, stop := follow(t, past, o)
		defer stop()
		var last *snapshot.Snapshot
		walk := walk{past: past, source: windows, step: int64(time.Minute), visit: func(s *snapshot.Snapshot) error {
			last = s
			return nil
		}}
		if err := walk.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := &last.Models[0]
		if of == value.Multiclass && (m.Performance == nil || len(m.Performance.Classes) < 2 || m.Performance.Scores == nil || m.Estimate == nil || m.Regression != nil) {
			t.Errorf("multiclass: %+v", m)
		}
		if of == value.Regression && (m.Regression == nil || m.Regression.Absolute.Mean < 4 || m.Regression.Absolute.Mean > 14 || m.ExpectedError == nil || m.Performance != nil || m.Outcomes != nil) {
			t.Errorf("regression: %+v", m)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestColumnsThatDoNotFitTheTypeAreRefused(t *testing.T) {
	t.Parallel()
	for of, test := range map[value.Prediction]struct {
		rows Rows
		says string
	}{
		value.Multiclass: {Rows{Score: "score", Rate: 1, Start: start}, "name the column with the predicted class with --class, too"},
		value.Regression: {Rows{Score: "score", Class: "class", Rate: 1, Start: start}, "the model is a regression, which predicts no class"},
	} {
		path := ""
		path, test.rows.Path = typed(t, of)
		one := runOf(t, &test.rows, path)
		if _, err := openRows(t.Context(), test.rows, &one.specs[0]); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %s", of, err, test.says)
		}
	}
}

// TestDivergenceThatHurtsCorrelatesWithTheErrorOfARegression: x drifts more and more, and the errors
// grow with it. Every tenth row has no outcome.
func TestDivergenceThatHurtsCorrelatesWithTheErrorOfARegression(t *testing.T) {
	t.Parallel()
	const blocks, rows = 10, 300
	random := rand.New(rand.NewPCG(8, 10))
	var csv strings.Builder
	csv.WriteString("x,score,outcome\n")
	var sum [blocks]float64
	for i := range blocks * rows {
		b := i / rows
		x := random.NormFloat64() + float64(b)/10
		truth := 100*x + 10*float64(1+b)*random.NormFloat64()
		if i%10 == 0 {
			fmt.Fprintf(&csv, "%v,%v,\n", x, 100*x)
			continue
		}
		sum[b] += math.Abs(100*x - truth)
		fmt.Fprintf(&csv, "%v,%v,%v\n", x, 100*x, truth)
	}
	o := watch(t)
	o.ReferenceFile, _ = typed(t, value.Regression)
	o.Window.Predictions = rows
	past := Rows{Path: filepath.Join(t.TempDir(), "rows.csv"), Score: "score", Outcome: "outcome", Rate: 1, Start: start}
	if err := os.WriteFile(past.Path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	report := replayed(t, Options{Rows: &past, Correlation: true, Settings: []Setting{{Watch: o}}})
	if len(report.Courses) != 1 || len(report.Courses[0].Blocks) != blocks {
		t.Fatalf("courses %+v", report.Courses)
	}
	c := &report.Courses[0]
	for i, b := range c.Blocks {
		if want := sum[i] / (rows * .9); b.Labelled != rows*9/10 || math.Abs(b.Loss-want) > 1e-9*want {
			t.Errorf("block %d: mean absolute error %v of %d, want %v", i, b.Loss, b.Labelled, want)
		}
	}
	rho, n := c.Correlations()
	if n != blocks || rho[0] < .9 {
		t.Errorf("over %d blocks %v correlate %v", n, c.Features, rho)
	}
	text := printed(t, report)
	for _, want := range []string{"divergence with mean absolute error, over 10 blocks of 300 predictions", "Above 0: the model errs where"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
