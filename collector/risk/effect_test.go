package risk

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// batches adds outcomes in batches whose rates vary with that intraclass correlation.
func batches(e *effect, r *rand.Rand, labels, size int64, rate, icc float64) {
	for n := int64(0); n < labels; n += size {
		p := rate
		if icc > 0 {
			p = distuv.Beta{Alpha: rate * (1 - icc) / icc, Beta: (1 - rate) * (1 - icc) / icc, Src: r}.Rand()
		}
		o := Outcomes{Labels: size}
		for range size {
			if r.Float64() < p {
				o.Errors++
			}
		}
		e.add(o)
	}
}

func TestTheDesignEffectOfBatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		labels, size int64
		rate, icc    float64
		least, most  float64
	}{
		{200_000, 15, 0.25, 0, 1, 1.1},
		{200_000, 15, 0.02, 0, 1, 1.1},
		{200_000, 1, 0.25, 0, 1, 1.1},
		{200_000, 15, 0.25, 0.1, 2.1, 3.1}, // 1 + 14 icc = 2.4
		{200_000, 15, 0.25, 0.3, 4.7, 6.3}, // 5.2
		{200_000, 100, 0.25, 0.1, 8.5, 16}, // 10.9
		{8000, 15, 0.25, 0.1, 2, 4.2},      // with the margin for few
		{200_000, 1000, 0.25, 0.01, 6, 15}, // 11
	} {
		var e effect
		batches(&e, rand.New(rand.NewPCG(1, 2)), c.labels, c.size, c.rate, c.icc)
		if got := e.careful(); got < c.least || got > c.most {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Otherwise a rise divides its own evidence.
func TestARiseIsNoDependence(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{700, 2000, 5000, 20_000, 100_000} {
		var e effect
		r := rand.New(rand.NewPCG(3, 4))
		batches(&e, r, at, 15, 0.1, 0)
		batches(&e, r, at, 15, 0.5, 0)
		batches(&e, r, at, 15, 0.1, 0)
		if got := e.known(); got > 2.2 {
			t.Errorf("a rise after %d outcomes is a design effect of %v", at, got)
		}
	}
}

func TestSquareQuantile(t *testing.T) {
	t.Parallel()
	if got := squareQuantile(0.05); math.Abs(got-3.841459) > 1e-6 { // the 95 % quantile of chi-square, 1 df
		t.Errorf("%v", got)
	}
}
