package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// madeUp is a dataset whose outcomes depend on a number and a category; some
// values are missing, some categories rare, one column is constant, one an
// identifier.
func madeUp(rows int, seed uint64) *Dataset {
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- repeatable draws, no secret
	d := &Dataset{Rows: rows, Outcome: "y", Positive: "1", Columns: []Column{
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
		d.Columns[3].Texts = append(d.Columns[3].Texts, state)
		d.Columns[3].Missing = append(d.Columns[3].Missing, row%23 == 0)
		d.Columns[4].Texts = append(d.Columns[4].Texts, fmt.Sprint(row))
		d.Columns[4].Missing = append(d.Columns[4].Missing, false)
		d.Outcomes = append(d.Outcomes, y)
	}
	return d
}

var options = TrainOptions{Name: "m", Version: "1", Holdout: .3, Seed: 7}

// problemOf is the regression over all rows of a dataset.
func problemOf(t *testing.T, d *Dataset, l2 float64) *problem {
	t.Helper()
	var rows []int
	for i := range d.Rows {
		rows = append(rows, i)
	}
	p := &problem{outcomes: slices.Clone(d.Outcomes), l2: l2}
	for i := range d.Columns {
		_, term, _, err := prepare(&d.Columns[i], rows)
		if err != nil {
			t.Fatal(err)
		}
		p.add(term)
	}
	return p
}

// TestTwoByTwoTableHasAClosedForm: with one binary feature the log-odds are
// those of the cells, log(a/b) and log(c/d).
func TestTwoByTwoTableHasAClosedForm(t *testing.T) {
	t.Parallel()
	cells := []struct {
		x, y float64
		n    int
	}{{0, 0, 70}, {0, 1, 20}, {1, 0, 15}, {1, 1, 45}}
	var x, y []float64
	for _, c := range cells {
		for range c.n {
			x, y = append(x, c.x), append(y, c.y)
		}
	}
	p := &problem{outcomes: y, l2: 1e-9}
	p.add(term{numbers: x})
	w, err := p.fit()
	if err != nil {
		t.Fatal(err)
	}
	intercept, slope := math.Log(20./70), math.Log(45./15)-math.Log(20./70)
	if math.Abs(w[0]-intercept) > 1e-9 || math.Abs(w[1]-slope) > 1e-9 {
		t.Errorf("intercept %v, slope %v, want %v, %v", w[0], w[1], intercept, slope)
	}
}

func TestSlopeIsThatOfTheLoss(t *testing.T) {
	t.Parallel()
	p := problemOf(t, madeUp(400, 1), 3)
	r := rand.New(rand.NewPCG(1, 1)) // #nosec G404 -- repeatable draws, no secret
	x := make([]float64, p.size)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	p.evaluate(x)
	gradient := slices.Clone(p.gradient)
	const h = 1e-5
	for i := range x {
		around := func(d float64) float64 {
			y := slices.Clone(x)
			y[i] += d
			p.evaluate(y)
			return p.loss
		}
		if want := (around(h) - around(-h)) / (2 * h); math.Abs(gradient[i]-want) > 1e-8 {
			t.Errorf("slope %d is %v, by differences %v", i, gradient[i], want)
		}
	}
}

func TestCurvatureIsThatOfTheSlope(t *testing.T) {
	t.Parallel()
	p := problemOf(t, madeUp(400, 1), 3)
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- repeatable draws, no secret
	x, v := make([]float64, p.size), make([]float64, p.size)
	for i := range x {
		x[i], v[i] = r.NormFloat64(), r.NormFloat64()
	}
	p.evaluate(x)
	got := p.curvature(v)
	const h = 1e-5
	around := func(d float64) []float64 {
		y := slices.Clone(x)
		for i := range y {
			y[i] += d * v[i]
		}
		p.evaluate(y)
		return slices.Clone(p.gradient)
	}
	up, down := around(h), around(-h)
	for i := range got {
		if want := (up[i] - down[i]) / (2 * h); math.Abs(got[i]-want) > 1e-8 {
			t.Errorf("curvature %d is %v, by differences %v", i, got[i], want)
		}
	}
}

func TestCollinearFeaturesAreFittedToRounding(t *testing.T) {
	t.Parallel()
	d := madeUp(5000, 2)
	sum := Column{Name: "sum", Type: Numeric}
	for i, x := range d.Columns[0].Numbers {
		sum.Numbers = append(sum.Numbers, x+1000*d.Columns[1].Numbers[i])
	}
	d.Columns = append(d.Columns, sum)
	p := problemOf(t, d, 1)
	if _, err := p.fit(); err != nil {
		t.Fatal(err)
	}
	for i, g := range p.gradient {
		if math.Abs(g) > 1e-14 {
			t.Errorf("slope %d is still %v", i, g)
		}
	}
}

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
		{"no features", func(d *Dataset, _ *TrainOptions) { d.Columns = nil }, "no feature to learn from"},
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
		d.Columns[3].Texts[i], d.Columns[3].Missing[i] = "NY", false
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

// scipyFit fits the same training rows by its own code: means, dummies and
// centring by numpy, the minimum by scipy.
const scipyFit = `
import json, sys
import numpy as np, scipy.optimize, scipy.stats
rows = json.load(sys.stdin)
y = np.array(rows["y"], float)
n = len(y)
columns, names = [], []
for c in rows["columns"]:
    if c["type"] == "numeric":
        x = np.array([np.nan if v is None else v for v in c["values"]], float)
        z = (x - np.nanmean(x)) / np.nanstd(x)
        columns.append(np.nan_to_num(z)); names.append(c["name"])
    else:
        v = np.array(["" if t is None else t for t in c["values"]], object)
        kept = sorted(k for k in set(v) if k and np.sum(v == k) >= 10)
        known = np.isin(v, kept)
        for k in kept:
            columns.append((v == k) - known * np.mean(v[known] == k)); names.append(c["name"] + "=" + k)
X = np.column_stack([np.ones(n)] + columns).astype(float)
penalty = np.r_[0, np.full(len(columns), rows["l2"])]
def loss(w):
    s = X @ w
    return np.sum(np.logaddexp(0, s) - y * s) + np.sum(penalty * w * w) / 2
def slope(w):
    return X.T @ (1 / (1 + np.exp(-X @ w)) - y) + penalty * w
w = scipy.optimize.minimize(loss, np.zeros(X.shape[1]), jac=slope, method="BFGS", options={"gtol": 1e-8, "maxiter": 5000}).x
out = {"": w[0]}
shift = {}
for c in rows["columns"]:  # centred weights: what a category adds against the average
    mine = [i for i, m in enumerate(names) if m.startswith(c["name"] + "=")]
    v = [t for t in c["values"] if c["name"] + "=" + str(t) in names]
    for i in mine:
        shift[i] = sum(w[1 + j] * sum(t == names[j].split("=", 1)[1] for t in v) for j in mine) / len(v)
for i, m in enumerate(names):
    out[m] = w[1 + i] - shift.get(i, 0)
s, a = np.array(rows["scores"]), np.array(rows["actual"], bool)
u = scipy.stats.mannwhitneyu(s[a], s[~a]).statistic
json.dump({"weights": out, "auc": u / (a.sum() * (~a).sum())}, sys.stdout)
`

// TestScipyFindsTheSameModel checks coefficients and AUC against an independent
// implementation.
func TestScipyFindsTheSameModel(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import scipy").CombinedOutput(); err != nil {
		t.Skipf("needs python3 with scipy (pip install scipy): %v\n%s", err, out)
	}
	d := madeUp(1500, 9)
	o := options
	o.L2 = 2
	m, e, err := Train(d, o)
	if err != nil {
		t.Fatal(err)
	}
	type column struct {
		Name   string `json:"name"`
		Type   string `json:"type"`
		Values []any  `json:"values"`
	}
	var input struct {
		Y       []float64 `json:"y"`
		L2      float64   `json:"l2"`
		Columns []column  `json:"columns"`
		Scores  []float64 `json:"scores"`
		Actual  []int     `json:"actual"`
	}
	input.L2, input.Scores = o.L2, e.Scores
	for _, class := range e.Actual {
		input.Actual = append(input.Actual, int(class[0]-'0'))
	}
	for _, k := range []int{0, 1, 3} { // the constant and the identifier have no weights
		input.Columns = append(input.Columns, column{Name: d.Columns[k].Name, Type: d.Columns[k].Type})
	}
	for row := range d.Rows {
		if slices.Contains(e.HeldOut, row) {
			continue
		}
		input.Y = append(input.Y, d.Outcomes[row])
		values := d.Values(row)
		for i, k := range []int{0, 1, 3} {
			var v any
			switch {
			case values[k].Missing:
			case d.Columns[k].Type == Numeric:
				v = values[k].Number
			default:
				v = values[k].Text
			}
			input.Columns[i].Values = append(input.Columns[i].Values, v)
		}
	}
	stdin, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.CommandContext(t.Context(), "python3", "-c", scipyFit)
	python.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	python.Stderr = &stderr
	stdout, err := python.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var want struct {
		Weights map[string]float64 `json:"weights"`
		AUC     float64            `json:"auc"`
	}
	if err := json.Unmarshal(stdout, &want); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{"": m.Intercept}
	for _, f := range m.Features {
		if f.Type == Numeric && f.Name != "fixed" {
			got[f.Name] = f.Coefficient
		}
		for _, c := range f.Categories {
			got[f.Name+"="+c.Value] = c.Coefficient
		}
	}
	if len(got) != len(want.Weights) {
		t.Errorf("weights %v, scipy has %v", got, want.Weights)
	}
	for name, w := range want.Weights {
		if math.Abs(got[name]-w) > 1e-6 {
			t.Errorf("weight of %q is %v, scipy finds %v", name, got[name], w)
		}
	}
	if math.Abs(e.AUC-want.AUC) > 1e-12 {
		t.Errorf("AUC is %v, scipy finds %v", e.AUC, want.AUC)
	}
}
