package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// ofMany and ofNumbers are madeUp with other outcomes: one of four classes, and a number.
func ofMany(rows int, seed uint64) *Dataset {
	d := madeUp(rows, seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d.Outcomes, d.Coding, d.Type = nil, value.Coding{}, value.Multiclass
	for row := range rows {
		x := (d.Columns[0].Numbers[row] - 50_000) / 1000
		if math.IsNaN(x) {
			x = 0
		}
		d.Actual = append(d.Actual, []string{"ash", "elm", "oak", "yew"}[int(min(3, max(0, x+float64(len(d.Columns[3].Texts[row]))/3+r.NormFloat64()+1)))])
	}
	return d
}

func ofNumbers(rows int, seed uint64) *Dataset {
	d := madeUp(rows, seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d.Outcomes, d.Coding, d.Type = nil, value.Coding{}, value.Regression
	for row := range rows {
		x := d.Columns[0].Numbers[row]
		if math.IsNaN(x) {
			x = 50_000
		}
		if d.Columns[3].Texts[row] == "NY" {
			x += 2000
		}
		d.Truth = append(d.Truth, 3*x+1000*r.NormFloat64())
	}
	d.Truth[4] = math.NaN()
	return d
}

const sklearnFit = `
import json, sys
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
asked = json.load(sys.stdin)
x = np.array(asked["x"])
if asked["type"] == "multiclass":
    m = LogisticRegression(C=1 / asked["l2"], solver="newton-cg", tol=1e-14, max_iter=10000).fit(x, asked["y"])
    json.dump({"intercept": (m.intercept_ - m.intercept_.mean()).tolist(), "weights": m.coef_.tolist()}, sys.stdout)
else:
    m = Ridge(alpha=asked["l2"], solver="cholesky").fit(x, asked["y"])
    json.dump({"intercept": [m.intercept_], "weights": [m.coef_.tolist()]}, sys.stdout)
`

// TestScikitLearnFindsTheSameModels checks coefficients of the numeric columns, which both see
// standardised, against an independent implementation.
func TestScikitLearnFindsTheSameModels(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import sklearn").CombinedOutput(); err != nil {
		t.Skipf("needs python3 with scikit-learn (pip install scikit-learn): %v\n%s", err, out)
	}
	for _, d := range []*Dataset{ofMany(1200, 5), ofNumbers(1200, 5)} {
		d.Columns = d.Columns[:2]
		o := options
		o.L2 = 3
		m, e, err := Train(d, o)
		if err != nil {
			t.Fatal(err)
		}
		held := map[int]bool{}
		for _, row := range e.HeldOut {
			held[row] = true
		}
		var x [][]float64
		var y []any
		for row := range d.Rows {
			if held[row] || d.Truth != nil && math.IsNaN(d.Truth[row]) {
				continue
			}
			var one []float64
			for i, f := range m.Features {
				z := (d.Columns[i].Numbers[row] - f.Mean) / f.SD
				if math.IsNaN(z) {
					z = 0
				}
				one = append(one, z)
			}
			x = append(x, one)
			if d.Truth != nil {
				y = append(y, d.Truth[row])
			} else {
				y = append(y, d.Actual[row])
			}
		}
		question, err := json.Marshal(map[string]any{"type": d.Type, "x": x, "y": y, "l2": o.L2})
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "python3", "-c", sklearnFit)
		cmd.Stdin, cmd.Stderr = bytes.NewReader(question), &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr.Bytes())
		}
		var want struct {
			Intercept []float64
			Weights   [][]float64
		}
		if err := json.Unmarshal(out, &want); err != nil {
			t.Fatal(err)
		}
		near := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-5*max(1, math.Abs(want))) {
				t.Errorf("%s: %s is %v, and scikit-learn says %v", d.Type, what, got, want)
			}
		}
		for k := range want.Weights {
			intercept := m.Intercept
			if d.Type == value.Multiclass {
				intercept = m.Intercepts[k]
			}
			near(fmt.Sprint("intercept ", k), intercept, want.Intercept[k])
			for i, f := range m.Features {
				w := f.Coefficient
				if d.Type == value.Multiclass {
					w = f.Coefficients[k]
				}
				near(fmt.Sprintf("weight %d of %s", k, f.Name), w, want.Weights[k][i])
			}
		}
	}
}

func TestEveryTypeLearnsWhatIsThereAndSurvivesItsFile(t *testing.T) {
	t.Parallel()
	for _, d := range []*Dataset{ofMany(3000, 3), ofNumbers(3000, 3)} {
		m, e, err := Train(d, options)
		if err != nil {
			t.Fatal(err)
		}
		if d.Type == value.Multiclass && !(e.Accuracy > e.BaseAccuracy+.1 && e.LogLoss < e.BaseLogLoss && e.MacroF1 > 0) {
			t.Errorf("nothing was learnt: %+v", e)
		}
		if d.Type == value.Regression && !(e.RSquared > .8 && e.MeanAbsoluteError < e.BaseMeanAbsoluteError/2) {
			t.Errorf("nothing was learnt: %v, %v of %v", e.RSquared, e.MeanAbsoluteError, e.BaseMeanAbsoluteError)
		}
		var file, summary bytes.Buffer
		if err := m.Encode(&file); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(file.Bytes())
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%s: read back %+v, %v", d.Type, again, err)
		}
		if err := e.Print(&summary); err != nil || strings.Contains(summary.String(), "AUC") || strings.Contains(file.String(), `"auc"`) || strings.Contains(file.String(), "base_rate") {
			t.Errorf("%s: %v\n%s%s", d.Type, err, summary.String(), file.String())
		}
		for i, row := range e.HeldOut {
			if score, class := again.Predict(d.Values(row)); score != e.Scores[i] || d.Type == value.Multiclass && class != e.Predicted[i] {
				t.Fatalf("%s: row %d is %v, %q", d.Type, row, score, class)
			}
		}
	}
}

func TestWhatCannotBeLearntIsSaid(t *testing.T) {
	t.Parallel()
	rare := ofMany(500, 1)
	rare.Actual[7] = "lime"
	same := ofNumbers(500, 1)
	for i := range same.Truth {
		same.Truth[i] = 5
	}
	few := ofNumbers(500, 1)
	for i := range few.Truth[15:] {
		few.Truth[15+i] = math.NaN()
	}
	one := ofMany(500, 1)
	for i := range one.Actual {
		one.Actual[i] = "oak"
	}
	for says, d := range map[string]*Dataset{
		`1 rows have outcome "lime": at least 10 of each class are needed`: rare,
		`outcome column "y" is constant`:                                   same,
		"14 rows have an outcome: at least 20":                             few,
		`outcome column "y" has 1 classes: a multiclass model has 2 to`:    one,
	} {
		if _, _, err := Train(d, options); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}

func TestFilesOfOtherTypesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	const x = `"features": [{"name": "x", "type": "numeric", "mean": 0, "sd": 1, `
	for says, text := range map[string]string{
		`type "ranking" is unknown`:                                          `{"schema": 2, "type": "ranking", "name": "m", "version": "1"}`,
		`a model of type "regression" does not have it`:                      `{"schema": 2, "type": "regression", "name": "m", "version": "1", "threshold": 0.5, "intercept": 1, ` + x + `"coefficient": 1}]}`,
		`a model of type "multiclass" does not have it`:                      `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "intercept": 1, "classes": ["a", "b"], "intercepts": [0, 0], ` + x + `"coefficients": [1, 0]}]}`,
		`a model of type "binary" does not have it`:                          `{"schema": 2, "name": "m", "version": "1", "threshold": 0.5, "intercept": 1, "classes": ["a"], ` + x + `"coefficient": 1}]}`,
		"intercepts has 1 numbers, and there are 2 classes":                  `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "classes": ["a", "b"], "intercepts": [0], ` + x + `"coefficients": [1, 0]}]}`,
		"feature 0 (x): coefficients has 3 numbers, and there are 2 classes": `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "classes": ["a", "b"], "intercepts": [0, 0], ` + x + `"coefficients": [1, 0, 1]}]}`,
		`class "a" appears twice`:                                            `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "classes": ["a", "a"], "intercepts": [0, 0], ` + x + `"coefficients": [1, 0]}]}`,
		"classes has 1 texts: a multiclass model has 2 to 200":               `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "classes": ["a"], "intercepts": [0], ` + x + `"coefficients": [1]}]}`,
		`class "1.0" never occurs: classes in that spelling are "1"`:         `{"schema": 2, "type": "multiclass", "name": "m", "version": "1", "classes": ["1.0", "2"], "intercepts": [0, 0], ` + x + `"coefficients": [1, 0]}]}`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}

func TestTheTypeIsGuessedFromTheOutcomes(t *testing.T) {
	t.Parallel()
	csv := func(outcome func(i int) string) string {
		text := "x,y\n"
		for i := range 300 {
			text += fmt.Sprintf("%d,%s\n", i%7, outcome(i))
		}
		return text
	}
	for _, test := range []struct {
		name    string
		outcome func(i int) string
		want    value.Prediction
		note    string
	}{
		{"0 and 1", func(i int) string { return fmt.Sprint(i % 2) }, value.Binary, ""},
		{"fractions", func(i int) string { return fmt.Sprintf("%d.5", i) }, value.Regression, "--type=regression"},
		{"many whole numbers", func(i int) string { return fmt.Sprint(1000 + i) }, value.Regression, "--type=regression"},
		{"few whole numbers", func(i int) string { return fmt.Sprint(i % 5) }, value.Multiclass, "has 5 values"},
		{"words", func(i int) string { return []string{"a", "b", "c", "NA", ""}[i%5] }, value.Multiclass, "has 3 values"},
	} {
		d, err := ReadCSV(strings.NewReader(csv(test.outcome)), surveyOptions("y"))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if notes := strings.Join(d.Notes, "\n"); d.Type != test.want || test.note != "" && !strings.Contains(notes, test.note) || test.note == "" && notes != "" {
			t.Errorf("%s: type %s, notes %q", test.name, d.Type, notes)
		}
		if test.name == "words" && (d.Actual[3] != "" || d.Actual[4] != "" || d.Actual[2] != "c") {
			t.Errorf("outcomes %q", d.Actual[:5])
		}
	}
	if _, err := ReadCSV(strings.NewReader(csv(func(i int) string { return fmt.Sprint("id ", i) })), surveyOptions("y")); err == nil || !strings.Contains(err.Error(), "has more than 200 different texts") {
		t.Errorf("identifiers: %v", err)
	}
	o := surveyOptions("y")
	o.Type = value.Regression
	if _, err := ReadCSV(strings.NewReader(csv(func(i int) string { return map[bool]string{true: "high", false: "1.5"}[i == 40] })), o); err == nil || !strings.Contains(err.Error(), `line 42, column "y": the outcome "high" is not a number, as a regression needs`) {
		t.Errorf("a word among numbers: %v", err)
	}
}

func surveyOptions(outcome string) survey.Options { return survey.Options{Outcome: outcome} }
