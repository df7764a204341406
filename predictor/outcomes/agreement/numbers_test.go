package agreement

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

func TestToleranceIsInclusiveAndWithoutRounding(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		x, y, tolerance float64
		want            bool
	}{
		{1, 1.1, .1, true}, {1.1, 1, .1, true}, {.3, .1, .2, true}, {1e9, 1e9 + .1, .1, true}, {-5, 5, 10, true},
		{1, 1.1001, .1, false}, {210_000, 205_000, 4_999, false}, {210_000, 205_000, 5_000, true},
		{1, 1 + 0x1p-52, 0, false}, {7, 7, 0, true}, {-math.MaxFloat64, math.MaxFloat64, 1, false},
	} {
		if got := Within(test.x, test.y, test.tolerance); got != test.want {
			t.Errorf("%v and %v within %v: %v", test.x, test.y, test.tolerance, got)
		}
	}
}

func TestConcordanceAtItsEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		x, y []float64
		want float64
		ok   bool
	}{
		{"the same", []float64{1, 2, 3}, []float64{1, 2, 3}, 1, true},
		{"opposite", []float64{-1, 0, 1}, []float64{1, 0, -1}, -1, true},
		// The correlation is 1. By hand: 2 * 2/3 / (2/3 + 2/3 + 1) = 4/7.
		{"one more throughout", []float64{1, 2, 3}, []float64{2, 3, 4}, 4. / 7, true},
		{"nothing", nil, nil, 0, false},
		{"one thing", []float64{1}, []float64{2}, 0, false},
		{"one number only", []float64{4, 4}, []float64{4, 4}, 0, false},
		{"beyond float64", []float64{-1e308, 1e308}, []float64{1e308, -1e308}, 0, false},
	} {
		var n Numbers
		for i := range test.x {
			n.Add(test.x[i], test.y[i], 0)
		}
		if got, ok := n.Concordance(); ok != test.ok || ok && math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v, %v", test.name, got, ok, test.want, test.ok)
		}
		if _, ok := n.Difference(); ok != (len(test.x) > 0 && test.name != "beyond float64") {
			t.Errorf("%s: a difference %v", test.name, ok)
		}
	}
}

// independentNumbers computes the same from whole columns, with the covariance of numpy.
const independentNumbers = `
import json, sys
import numpy as np
x, y, tolerance = (np.array(v) for v in json.load(sys.stdin))
s = np.cov(x, y, ddof=0)
print(json.dumps([int((np.abs(x - y) <= tolerance).sum()), np.abs(x - y).mean(),
    2 * s[0, 1] / (s[0, 0] + s[1, 1] + (x.mean() - y.mean()) ** 2)]))
`

func TestNumpyComparesNumbersTheSameWay(t *testing.T) {
	t.Parallel()
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy").Run(); err != nil {
		t.Skip("python3 has no numpy")
	}
	random := rand.New(rand.NewPCG(3, 1))
	const tolerance = 2_500
	var n Numbers
	var columns [2][]float64
	for range 700 { // prices of homes, of which the second person says more
		x := 300_000 + 80_000*random.NormFloat64()
		y := x*1.01 + 4_000*random.NormFloat64()
		n.Add(x, y, tolerance)
		columns[0], columns[1] = append(columns[0], x), append(columns[1], y)
	}
	text, err := json.Marshal([]any{columns[0], columns[1], tolerance})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "python3", "-c", independentNumbers)
	c.Stdin = strings.NewReader(string(text))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [3]float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	difference, _ := n.Difference()
	concordance, ok := n.Concordance()
	if !ok || n.Both != 700 || float64(n.Within) != want[0] || math.Abs(difference/want[1]-1) > 1e-12 || math.Abs(concordance-want[2]) > 1e-12 {
		t.Errorf("%d of %d, %v, %v; numpy has %v", n.Within, n.Both, difference, concordance, want)
	}
	if want[0] < 50 || want[2] > .999 {
		t.Errorf("the numbers do not test much: %v", want)
	}
}
