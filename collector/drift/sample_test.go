package drift

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSampleHasTheMomentsOfItsNumbers(t *testing.T) {
	t.Parallel()
	// By scipy.stats: skew([1, 2, 4, 9]) = 0.7927281562101462.
	s := SampleOf([]float64{1, 2, 4, 9})
	if s.Size != 4 || s.Mean != 4 || !near(s.SD, math.Sqrt(38./3), 1e-15) || !near(s.Skewness, (24./4)/math.Pow(38./4, 1.5)*(125-27-8)/24, 1e-12) {
		t.Errorf("%+v", s)
	}
	far := SampleOf([]float64{1e9 + 1, 1e9 + 2, 1e9 + 4, 1e9 + 9})
	if !near(far.Mean, 1e9+4, 1e-15) || !near(far.SD, s.SD, 1e-12) || !near(far.Skewness, s.Skewness, 1e-9) {
		t.Errorf("far from 0 it is %+v", far)
	}
	equal := SampleOf([]float64{3, 3, 3})
	if lo, hi := equal.SkewedMeanInterval(.95); equal.Skewness != 0 || lo != 3 || hi != 3 {
		t.Errorf("equal numbers: %+v, %v to %v", equal, lo, hi)
	}
	for _, few := range [][]float64{nil, {1}} {
		s := SampleOf(few)
		lo, hi := s.MeanInterval(.95)
		if s.Size != int64(len(few)) || !math.IsNaN(s.SD) || !math.IsNaN(lo) || !math.IsNaN(hi) || math.IsNaN(s.Mean) != (few == nil) {
			t.Errorf("%v: %+v, %v to %v", few, s, lo, hi)
		}
	}
}

// TestIntervalsAreThoseOfTheBooks: Student's by scipy.stats.t.interval, and Hall's transformation
// of its end is Student's quantile again.
func TestIntervalsAreThoseOfTheBooks(t *testing.T) {
	t.Parallel()
	s := Sample{Size: 10, Mean: 5, SD: 2, Skewness: 1.5}
	lo, hi := s.MeanInterval(.95)
	if !near(lo, 3.569286, 1e-6) || !near(hi, 6.430714, 1e-6) {
		t.Errorf("Student's interval is %v to %v", lo, hi)
	}
	lo, hi = s.SkewedMeanInterval(.95)
	a := s.Skewness / math.Sqrt(10)
	for _, end := range []struct{ mu, quantile float64 }{{lo, 2.262157}, {hi, -2.262157}} {
		x := (s.Mean - end.mu) / (s.SD / math.Sqrt(10))
		if g := x + a*x*x/3 + a*a*x*x*x/27 + a/6; !near(g, end.quantile, 1e-6) {
			t.Errorf("the end %v is transformed to %v, want %v", end.mu, g, end.quantile)
		}
	}
	s.Skewness = 1e-12
	lo2, hi2 := s.SkewedMeanInterval(.95)
	if lo, hi = s.MeanInterval(.95); !near(lo, lo2, 1e-9) || !near(hi, hi2, 1e-9) {
		t.Errorf("without skewness %v to %v, want %v to %v", lo2, hi2, lo, hi)
	}
}

// TestIntervalsOfErrorsCover draws errors of several shapes. The promise is .95.
func TestIntervalsOfErrorsCover(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	t3 := func() float64 {
		x, y, z := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		return r.NormFloat64() / math.Sqrt((x*x+y*y+z*z)/3)
	}
	// The expected values of e, |e| and e^2, and by how much the coverage of each may be below .93.
	shapes := map[string]struct {
		draw                   func() float64
		mean, absolute, square float64
		below                  [3]float64
	}{
		"normal":  {r.NormFloat64, 0, math.Sqrt(2 / math.Pi), 1, [3]float64{}},
		"uniform": {func() float64 { return 2*r.Float64() - 1 }, 0, .5, 1. / 3, [3]float64{}},
		"laplace": {func() float64 { return r.ExpFloat64() * float64(1-2*r.IntN(2)) }, 0, 1, 2, [3]float64{}},
		"skewed":  {func() float64 { return r.ExpFloat64() - 1 }, 0, 2 / math.E, 1, [3]float64{0, 0, .01}}, // squares have a skewness of 6.6
		// Squares of the next two have no variance, or a skewness that no sample shows.
		"t3":        {t3, 0, 2 * math.Sqrt(3) / math.Pi, 3, [3]float64{0, .01, .105}},
		"lognormal": {func() float64 { return math.Exp(r.NormFloat64()) - math.Exp(.5) }, 0, 2 * math.Exp(.5) * math.Erf(math.Sqrt2/4), (math.E - 1) * math.E, [3]float64{.03, .025, .06}},
	}
	const trials = 4000
	for name, shape := range shapes {
		var mean, absolute, square int
		for range trials {
			e, a, s := make([]float64, 100), make([]float64, 100), make([]float64, 100)
			for i := range e {
				e[i] = shape.draw()
				a[i], s[i] = math.Abs(e[i]), e[i]*e[i]
			}
			es, as, ss := SampleOf(e), SampleOf(a), SampleOf(s)
			in := func(lo, hi, x float64) int {
				if lo <= x && x <= hi {
					return 1
				}
				return 0
			}
			lo, hi := es.MeanInterval(.95)
			mean += in(lo, hi, shape.mean)
			lo, hi = as.SkewedMeanInterval(.95)
			absolute += in(lo, hi, shape.absolute)
			lo, hi = ss.SkewedMeanInterval(.95)
			square += in(lo, hi, shape.square)
		}
		for i, n := range []int{mean, absolute, square} {
			if got := float64(n) / trials; !(got >= .93-shape.below[i] && got <= .97) {
				t.Errorf("%s errors: the interval of the %s error covers %.3f", name, []string{"mean", "absolute", "squared"}[i], got)
			}
		}
	}
}

func TestRSquared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		predicted, actual []float64
		want              float64
	}{
		{[]float64{2.5, 0, 2, 8}, []float64{3, -.5, 2, 7}, 0.9486081370449679}, // scikit-learn's own example
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 1},
		{[]float64{2, 2, 2}, []float64{1, 2, 3}, 0},
		{[]float64{3, 2, 1}, []float64{1, 2, 3}, -3},
		{[]float64{1, 2}, []float64{5, 5}, math.NaN()},
		{[]float64{1}, []float64{1}, math.NaN()},
		{nil, nil, math.NaN()},
	} {
		if got := RSquared(c.predicted, c.actual); !near(got, c.want, 1e-12) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v of %v: got %v, want %v", c.predicted, c.actual, got, c.want)
		}
	}
}
