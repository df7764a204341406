package model

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

// madeUp is a dataset whose outcomes depend on a number and a category; some
// values are missing, some categories rare, one column is constant, one an
// identifier.
func madeUp(rows int, seed uint64) *Dataset {
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- repeatable draws, no secret
	d := &Dataset{Rows: rows, Outcome: "y", Coding: value.Coding{Negative: "0", Positive: "1"}, Columns: []Column{
		{Name: "income", Type: Numeric}, {Name: "noise", Type: Numeric}, {Name: "fixed", Type: Numeric},
		{Name: "state", Type: Categorical}, {Name: "id", Type: Categorical},
	}}
	states := []string{"NY", "TX", "CA", "FL"}
	for row := range rows {
		income, k := 1000*r.NormFloat64()+50_000, r.IntN(len(states))
		logOdds := (income-50_000)/1000 + float64(k) - 1.5
		y := 0.
		if r.Float64() < logistic(logOdds) {
			y = 1
		}
		if row%17 == 0 {
			income = math.NaN()
		}
		state := states[k]
		if row%101 == 0 {
			state = fmt.Sprint("rare", row)
		}
		d.Columns[0].Numbers = append(d.Columns[0].Numbers, income)
		d.Columns[1].Numbers = append(d.Columns[1].Numbers, r.Float64())
		d.Columns[2].Numbers = append(d.Columns[2].Numbers, 0.1)
		if row%23 == 0 {
			state = ""
		}
		d.Columns[3].Texts = append(d.Columns[3].Texts, state)
		d.Columns[4].Texts = append(d.Columns[4].Texts, fmt.Sprint(row))
		d.Outcomes = append(d.Outcomes, y)
	}
	return d
}

var options = TrainOptions{Name: "m", Version: "1", Holdout: .3, Seed: 7}

func TestTrainLearnsWhatIsThere(t *testing.T) {
	t.Parallel()
	d := madeUp(5000, 3)
	m, e, err := Train(d, options)
	if err != nil {
		t.Fatal(err)
	}
	// One standard deviation of income is one unit of log-odds, as are two neighbouring states.
	if got := m.Features[0].Coefficient; math.Abs(got-1) > .15 {
		t.Errorf("coefficient of income %v, want about 1", got)
	}
	if got := m.Features[1].Coefficient; math.Abs(got) > .15 {
		t.Errorf("coefficient of noise %v, want about 0", got)
	}
	var names []string
	var average float64
	for _, c := range m.Features[3].Categories {
		names = append(names, c.Value)
		average += c.Coefficient / 4
	}
	if got := strings.Join(names, " "); got != "CA FL NY TX" {
		t.Errorf("categories %s, want the four frequent ones", got)
	}
	if math.Abs(average) > .05 {
		t.Errorf("the categories' average is %v, want about 0", average)
	}
	if e.AUCLower < .7 || e.AUC > .9 || e.LogLoss > e.BaseLogLoss || e.Accuracy < e.BaseAccuracy {
		t.Errorf("evaluation %+v", e)
	}
	warnings := strings.Join(e.Warnings, "\n")
	for _, want := range []string{`column "fixed": is constant`, `column "id": none of its 3500 texts is in 10 rows`} {
		if !strings.Contains(warnings, want) {
			t.Errorf("warnings %q, want %q among them", warnings, want)
		}
	}
	if fixed := m.Features[2]; fixed.Coefficient != 0 || fixed.SD != 1 || math.Abs(fixed.Mean-.1) > 1e-9 {
		t.Errorf("the constant feature is %+v", fixed)
	}
}

func TestEvaluationIsOfHeldOutRows(t *testing.T) {
	t.Parallel()
	d := madeUp(1000, 4)
	for row := range 100 {
		d.Outcomes[row] = math.NaN()
	}
	m, e, err := Train(d, options)
	if err != nil {
		t.Fatal(err)
	}
	if e.Rows != 270 || e.Trained != 630 || len(e.HeldOut) != 270 || len(e.Scores) != 270 || len(e.Predicted) != 270 || len(e.Actual) != 270 {
		t.Fatalf("%d rows trained on, %d held out", e.Trained, e.Rows)
	}
	if !slices.IsSorted(e.HeldOut) || e.HeldOut[0] < 100 {
		t.Errorf("held out %v: want ascending rows whose outcome is known", e.HeldOut)
	}
	correct := 0
	for i, row := range e.HeldOut {
		score, class := m.Predict(d.Values(row))
		if score != e.Scores[i] || class != e.Predicted[i] || e.Actual[i] != fmt.Sprint(d.Outcomes[row]) {
			t.Fatalf("row %d: score %v, class %s, outcome %v; the evaluation has %v, %s, %s", row, score, class, d.Outcomes[row], e.Scores[i], e.Predicted[i], e.Actual[i])
		}
		if e.Predicted[i] == e.Actual[i] {
			correct++
		}
	}
	if e.Accuracy != float64(correct)/270 {
		t.Errorf("accuracy %v, want %d of 270", e.Accuracy, correct)
	}
}

func TestTrainingIsRepeatable(t *testing.T) {
	t.Parallel()
	var files [3]bytes.Buffer
	for i, seed := range []uint64{7, 7, 8} {
		o := options
		o.Seed = seed
		m, _, err := Train(madeUp(1000, 5), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Encode(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the same seed gives another model")
	}
	if bytes.Equal(files[0].Bytes(), files[2].Bytes()) {
		t.Error("another seed gives the same model")
	}
}

func TestTrainedModelSurvivesItsFile(t *testing.T) {
	t.Parallel()
	m, _, err := Train(madeUp(1000, 5), options)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		t.Fatal(err)
	}
	if again, err := Parse(file.Bytes()); err != nil || !reflect.DeepEqual(m, again) {
		t.Errorf("read back %+v, %v, want %+v", again, err, m)
	}
}

func TestTrainSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(*Dataset, *TrainOptions)
		want  string
	}{
		{"no name", func(_ *Dataset, o *TrainOptions) { o.Name = "" }, "needs a name and a version"},
		{"nothing held out", func(_ *Dataset, o *TrainOptions) { o.Holdout = 0 }, "holdout is 0"},
		{"all held out", func(_ *Dataset, o *TrainOptions) { o.Holdout = 1 }, "holdout is 1"},
		{"negative penalty", func(_ *Dataset, o *TrainOptions) { o.L2 = -1 }, "L2 penalty is -1"},
		{"no outcomes", func(d *Dataset, _ *TrainOptions) { d.Outcomes = nil }, "name its column with --outcome"},
		{"too few outcomes", func(d *Dataset, _ *TrainOptions) { d.Outcomes = d.Outcomes[1:] }, "99 outcomes for 100 rows"},
		{"one class", func(d *Dataset, _ *TrainOptions) {
			for i := range d.Outcomes {
				d.Outcomes[i] = 1
			}
		}, "0 rows have outcome 0 and 100 outcome 1"},
		{"an outcome of 2", func(d *Dataset, _ *TrainOptions) { d.Outcomes[5] = 2 }, "outcome of row 5 is 2"},
		{"no features", func(d *Dataset, _ *TrainOptions) { d.Columns = nil }, "there is no feature to learn from"},
		{"a short column", func(d *Dataset, _ *TrainOptions) { d.Columns[0].Numbers = d.Columns[0].Numbers[1:] }, `column "income" does not have 100 rows`},
		{"an unknown type", func(d *Dataset, _ *TrainOptions) { d.Columns[0].Type = "date" }, `column "income": type is "date"`},
		{"an infinity", func(d *Dataset, _ *TrainOptions) {
			for i := range d.Rows {
				d.Columns[0].Numbers[i] = math.Inf(1)
			}
		}, `column "income": a value is not finite`},
		{"numbers too large to square", func(d *Dataset, _ *TrainOptions) {
			for i := range d.Rows {
				d.Columns[0].Numbers[i] *= 1e300
			}
		}, `column "income": a value is not finite, or too large`},
		{"two features of a name", func(d *Dataset, _ *TrainOptions) { d.Columns[1].Name = "income" }, "feature 1 (income): has the same name"},
	} {
		d, o := madeUp(100, 6), options
		test.spoil(d, &o)
		if _, _, err := Train(d, o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
}

func TestUselessColumnsHaveNoEffect(t *testing.T) {
	t.Parallel()
	d := madeUp(200, 8)
	for i := range d.Rows {
		d.Columns[1].Numbers[i] = math.NaN()
		d.Columns[3].Texts[i] = "NY"
	}
	m, e, err := Train(d, options)
	if err != nil {
		t.Fatal(err)
	}
	if m.Features[1].Coefficient != 0 || m.Features[3].Categories[0].Coefficient != 0 || len(m.Features[4].Categories) != 0 {
		t.Errorf("features %+v", m.Features)
	}
	if len(e.Warnings) != 4 {
		t.Errorf("warnings %q, want four", e.Warnings)
	}
}

func TestSeparatedClassesAreFitted(t *testing.T) {
	t.Parallel()
	d := &Dataset{Rows: 200, Columns: []Column{{Name: "x", Type: Numeric}}}
	for i := range 200 {
		d.Columns[0].Numbers = append(d.Columns[0].Numbers, float64(i))
		d.Outcomes = append(d.Outcomes, float64(i/100))
	}
	m, e, err := Train(d, options)
	if err != nil || e.AUC != 1 || e.AUCLower != 1 || m.Features[0].Coefficient < 1 {
		t.Errorf("%+v, %+v, %v", m, e, err)
	}
}
