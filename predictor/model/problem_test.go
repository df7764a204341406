package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

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
