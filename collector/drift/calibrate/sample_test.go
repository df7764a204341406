package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// homogeneous returns the probability of counts at least this far from the expected ones.
func homogeneous(s shares, c []int64) float64 {
	n, chi2, freedom := int64(0), 0.0, -1.0
	for _, x := range c {
		n += x
	}
	for b, p := range s {
		if p > 0 {
			d := float64(c[b]) - float64(n)*p
			chi2 += d * d / (float64(n) * p)
			freedom++
		}
	}
	return mathext.GammaIncRegComp(freedom/2, chi2/2)
}

func TestCountsHaveTheirSharesAndTheirSpread(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 0))
	for _, s := range []shares{equal(10), skewed(50), {.6, .3, .1, 0, 0}} {
		for _, n := range []int64{50, byRow, byRow + 1, 100_000} {
			const draws = 4000
			sum := make([]int64, len(s))
			first := make([]float64, 2) // mean and variance in the first bin, in units of what is expected
			for range draws {
				c := counts(r, s, n)
				for b, x := range c {
					sum[b] += x
				}
				z := (float64(c[0]) - float64(n)*s[0]) / math.Sqrt(float64(n)*s[0]*(1-s[0]))
				first[0] += z / draws
				first[1] += z * z / draws
			}
			if p := homogeneous(s, sum); p < 1e-4 {
				t.Errorf("n = %d of %v: counts %v have probability %v", n, s, sum, p)
			}
			if math.Abs(first[0]) > 4/math.Sqrt(draws) || math.Abs(first[1]-1) > 6*math.Sqrt(2./draws) {
				t.Errorf("n = %d of %v: the first bin has standardized mean %v, variance %v", n, s, first[0], first[1])
			}
		}
	}
}

// If the uniform numbers are known, the shares between their quantiles are known too.
func TestOwnQuantilesAreThoseOfASample(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 0))
	const bins, n, draws = 3, 10, 20_000
	var direct, drawn [bins][2]float64
	add := func(to *[bins][2]float64, s []float64) {
		for b, p := range s {
			to[b][0] += p / draws
			to[b][1] += p * p / draws
		}
	}
	for range draws {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.Float64()
		}
		slices.Sort(x)
		edges := drift.QuantileEdges(x, bins)
		add(&direct, []float64{edges[0], edges[1] - edges[0], 1 - edges[1]})
		s, c := ownQuantiles(r, bins, n)
		add(&drawn, s)
		if !slices.Equal(c, []int64{3, 3, 4}) {
			t.Fatalf("counts %v", c)
		}
	}
	for b := range bins {
		if math.Abs(direct[b][0]-drawn[b][0]) > 0.006 || math.Abs(direct[b][1]-drawn[b][1]) > 0.006 {
			t.Errorf("bin %d: mean and mean square %v of a sample, drawn %v", b, direct[b], drawn[b])
		}
	}
}

func TestSharesSumToOne(t *testing.T) {
	t.Parallel()
	all := append(portfolio(), equal(50), skewed(5), skewed(50), normal(.5, 1), normal(0, 1.5))
	for _, c := range changes() {
		all = append(all, c.before, c.after)
	}
	for _, s := range all {
		sum := 0.0
		for _, p := range s {
			sum += p
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%v sums to %v", s, sum)
		}
	}
	if len(portfolio()) != distributions {
		t.Errorf("%d distributions, want %d", len(portfolio()), distributions)
	}
	for _, bins := range whole.bins {
		if s := skewed(bins); slices.Min(s) < rare-1e-12 || slices.Max(s) != s[0] {
			t.Errorf("skewed: %v", s)
		}
	}
}

func TestRowsOfANormalVariableFallIntoDeciles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 0))
	c := make([]int64, 10)
	for range 100_000 {
		c[decile(.3+1.2*r.NormFloat64())]++
	}
	if p := homogeneous(normal(.3, 1.2), c); p < 1e-4 {
		t.Errorf("counts %v have probability %v", c, p)
	}
	if kl := divergence(normal(0, 1), normal(.5, 1)); math.Abs(kl-.1198) > 1e-4 {
		t.Errorf("a shift of .5 sd is %v nats, want .1198", kl)
	}
}
