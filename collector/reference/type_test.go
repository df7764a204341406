package reference

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// rowsOf are rows of one column, and what a model of some type answered for them.
func rowsOf(n int) (columns []Column, score, truth []float64, predicted, actual []string) {
	random := rand.New(rand.NewPCG(7, 13))
	x := make([]float64, n)
	for i := range x {
		x[i] = random.NormFloat64()
		score, truth = append(score, 3*x[i]), append(truth, 3*x[i]+random.NormFloat64())
		predicted, actual = append(predicted, fmt.Sprint("class ", random.IntN(4))), append(actual, fmt.Sprint("class ", random.IntN(5)))
	}
	return []Column{{Name: "x", Type: Numeric, Numbers: x}}, score, truth, predicted, actual
}

func rowNumbers(n int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	return index
}

func regression(t *testing.T) *Reference {
	t.Helper()
	columns, score, truth, _, _ := rowsOf(2000)
	truth[5], truth[6] = math.NaN(), math.Inf(1)
	r, err := Build(columns, &HeldOut{Index: rowNumbers(2000), Score: score, Truth: truth}, BuildOptions{Type: value.Regression, FineBins: 50})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func multiclass(t *testing.T) *Reference {
	t.Helper()
	columns, score, _, predicted, actual := rowsOf(2000)
	for i := range score {
		score[i] = 1 / (1 + math.Exp(-score[i]))
	}
	actual[3] = ""
	r, err := Build(columns, &HeldOut{Index: rowNumbers(2000), Score: score, Predicted: predicted, Actual: actual}, BuildOptions{Type: value.Multiclass, FineBins: 50})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestErrorsOfARegressionAreCountedByPredictedValue(t *testing.T) {
	t.Parallel()
	r := regression(t)
	_, score, truth, _, _ := rowsOf(2000)
	bins := len(r.Score.Count)
	want := Errors{Labelled: make([]int64, bins), Sum: make([]float64, bins), Absolute: make([]float64, bins), Squares: make([]float64, bins)}
	var all []float64
	for i := range score {
		if i == 5 || i == 6 {
			continue
		}
		b := 0
		for b < len(r.Score.Edges) && r.Score.Edges[b] <= score[i] {
			b++
		}
		e := score[i] - truth[i]
		want.Labelled[b]++
		want.Sum[b] += e
		want.Absolute[b] += math.Abs(e)
		want.Squares[b] += e * e
		all = append(all, math.Abs(e))
	}
	slices.Sort(all)
	want.Quantiles = r.Errors.Quantiles
	if !reflect.DeepEqual(*r.Errors, want) {
		t.Errorf("got %+v, want %+v", *r.Errors, want)
	}
	if q := r.Errors.Quantiles; len(q) != 101 || q[0] != all[0] || q[100] != all[len(all)-1] || q[50] != all[(len(all)-1)/2] {
		t.Errorf("quantiles %v", q)
	}
	if r.Positive != "" || r.Classes != nil || r.Errors.Rows() != 1998 || r.Score.Rows() != 2000 || r.Score.Min > -6 {
		t.Errorf("positive %q, classes %v, %d errors of %d scores", r.Positive, r.Classes, r.Errors.Rows(), r.Score.Rows())
	}
}

func TestOutcomesOfAMulticlassModelAreCountedByClassAndScore(t *testing.T) {
	t.Parallel()
	r := multiclass(t)
	_, _, _, predicted, actual := rowsOf(2000)
	actual[3] = ""
	if len(r.Classes) != 5 || r.Positive != "" {
		t.Fatalf("classes %+v, positive %q", r.Classes, r.Positive)
	}
	for _, c := range r.Classes {
		want := Class{Class: c.Class}
		for i := range predicted {
			if predicted[i] == c.Class {
				want.Count++
				if actual[i] != "" {
					want.Labelled++
				}
				if actual[i] == predicted[i] {
					want.Correct++
				}
			}
			if actual[i] == c.Class {
				want.Actual++
			}
		}
		var labelled, correct int64
		for b := range c.ScoreLabelled {
			labelled, correct = labelled+c.ScoreLabelled[b], correct+c.ScoreCorrect[b]
		}
		if labelled != want.Labelled || correct != want.Correct || len(c.ScoreLabelled) != len(r.Score.Count) {
			t.Errorf("%s: %d labelled and %d correct by score, want %+v", c.Class, labelled, correct, want)
		}
		if c.ScoreLabelled, c.ScoreCorrect = nil, nil; !reflect.DeepEqual(c, want) {
			t.Errorf("got %+v, want %+v", c, want)
		}
	}
}

func TestTypesSurviveTheFile(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, r := range []*Reference{regression(t), multiclass(t)} {
		var file bytes.Buffer
		if err := r.Encode(&file); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, file.Bytes()); err != nil {
			t.Error(err)
		}
		again := parseText(t, file.String())
		if again.Hash != r.Hash || again.Type != r.Type || !reflect.DeepEqual(again.Errors, r.Errors) || !reflect.DeepEqual(again.Classes, r.Classes) {
			t.Errorf("%s: another reference was read: %+v", r.Type, again)
		}
	}
	if r := Default(); r.Type != value.Binary {
		t.Errorf("a file without a type is %q", r.Type)
	}
}

func TestFilesWhoseTypeDoesNotFitAreRefusedInWords(t *testing.T) {
	t.Parallel()
	file := func(keys string) string {
		return `{"schema": 2, "rows": 4, "features": [{"name": "x", "type": "numeric", "values": [1, 2], "count": [2, 2]}], ` + keys + `}`
	}
	const (
		score   = `"score": {"edges": [0.5], "count": [2, 2]}`
		classes = `"classes": [{"class": "a", "count": 2}, {"class": "b", "count": 2}]`
	)
	for says, text := range map[string]string{
		`type "ranking" is unknown: write binary, multiclass or regression`:       file(`"type": "ranking"`),
		`only a binary model has it, and type is "regression"`:                    file(`"type": "regression", "positive": "1", ` + score),
		`only a binary model has it, and type is "multiclass"`:                    file(`"type": "multiclass", "threshold": 0.5, ` + classes),
		"has no classes: list those that the model predicts":                      file(`"type": "multiclass"`),
		"has classes, but a regression predicts numbers":                          file(`"type": "regression", ` + score + `, ` + classes),
		"has no score: a regression needs the distribution":                       file(`"type": "regression"`),
		"has errors, which only a regression has: write":                          file(`"errors": {"labelled": [1], "sum": [1], "absolute": [1], "sum_of_squares": [1]}`),
		"belong to \"type\": \"multiclass\": write the type":                      file(`"positive": "a", "classes": [{"class": "a", "count": 2, "actual": 2}, {"class": "b", "count": 2}]`),
		"has score_labelled, but there is no score":                               file(`"type": "multiclass", "classes": [{"class": "a", "count": 2, "labelled": 2, "score_labelled": [1, 1], "score_correct": [1, 0]}]`),
		"has only one of score_labelled and score_correct":                        file(`"type": "multiclass", ` + score + `, "classes": [{"class": "a", "count": 2, "labelled": 2, "score_labelled": [1, 1]}]`),
		"score_labelled has 1 numbers, score_correct 1, and the score has 2 bins": file(`"type": "multiclass", ` + score + `, "classes": [{"class": "a", "count": 2, "labelled": 2, "score_labelled": [1], "score_correct": [1]}]`),
		"score_correct (2) must not exceed score_labelled (1)":                    file(`"type": "multiclass", ` + score + `, "classes": [{"class": "a", "count": 2, "labelled": 2, "score_labelled": [1, 0], "score_correct": [2, 0]}]`),
		"score_labelled adds up to 2, and labelled is 1":                          file(`"type": "multiclass", ` + score + `, "classes": [{"class": "a", "count": 2, "labelled": 1, "score_labelled": [1, 1], "score_correct": [0, 0]}]`),
		"a score is the probability of the predicted class, from 0 to 1":          file(`"type": "multiclass", "score": {"edges": [5], "count": [2, 2]}, ` + classes),
		"labelled has 1 numbers, and the score has 2 bins":                        file(`"type": "regression", ` + score + `, "errors": {"labelled": [1], "sum": [1, 1], "absolute": [1, 1], "sum_of_squares": [1, 1]}`),
		"labelled (3) must not exceed the count of the score (2)":                 file(`"type": "regression", ` + score + `, "errors": {"labelled": [3, 1], "sum": [1, 1], "absolute": [1, 1], "sum_of_squares": [1, 1]}`),
		"absolute (1) must be at least the magnitude of sum (-2)":                 file(`"type": "regression", ` + score + `, "errors": {"labelled": [2, 1], "sum": [-2, 1], "absolute": [1, 1], "sum_of_squares": [1, 1]}`),
		"sum_of_squares (1) is less than absolute (2) and labelled (2) allow":     file(`"type": "regression", ` + score + `, "errors": {"labelled": [2, 1], "sum": [1, 1], "absolute": [2, 1], "sum_of_squares": [1, 1]}`),
		"labelled is 0, but its sums are not":                                     file(`"type": "regression", ` + score + `, "errors": {"labelled": [0, 1], "sum": [1, 1], "absolute": [1, 1], "sum_of_squares": [1, 1]}`),
		"labelled counts no rows":                                                 file(`"type": "regression", ` + score + `, "errors": {"labelled": [0, 0], "sum": [0, 0], "absolute": [0, 0], "sum_of_squares": [0, 0]}`),
		"quantiles has 2 numbers: write the 101":                                  file(`"type": "regression", ` + score + `, "errors": {"labelled": [1, 1], "sum": [1, 1], "absolute": [1, 1], "sum_of_squares": [1, 1], "quantiles": [0, 1]}`),
	} {
		if _, err := Parse([]byte(text), "test.json"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, says)
		}
	}
	var many []string
	for i := range value.MaxClasses + 1 {
		many = append(many, fmt.Sprintf(`{"class": "c%d", "count": 1}`, i))
	}
	if _, err := Parse([]byte(file(`"type": "multiclass", "classes": [`+strings.Join(many, ",")+`]`)), "test.json"); err == nil || !strings.Contains(err.Error(), "a multiclass model has at most 200") {
		t.Errorf("%d classes: %v", len(many), err)
	}
}

func TestARegressionWithoutOutcomesSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	columns, score, _, _, _ := rowsOf(500)
	r, err := Build(columns, &HeldOut{Index: rowNumbers(500), Score: score}, BuildOptions{Type: value.Regression})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Lacks(), "\n"); r.Errors != nil || !strings.Contains(got, "has no errors of the predicted values") {
		t.Errorf("errors %v, lacks %q", r.Errors, got)
	}
	if _, err := Build(columns, &HeldOut{Index: rowNumbers(500), Score: score}, BuildOptions{}); err == nil || !strings.Contains(err.Error(), `the probability of class "1", from 0 to 1`) {
		t.Errorf("as a binary model: %v", err)
	}
}
