package model

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"testing"
)

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
