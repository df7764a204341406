package drift

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// tooUnlikely is the p-value below which a sampler is wrong rather than unlucky;
// the seeds are fixed, so a test that passed keeps passing.
const tooUnlikely = 1e-3

// chi2 is the p-value of Pearson's test of counts against probabilities; cells
// with an expectation below 8 are pooled into the next.
func chi2(counts []int64, probabilities []float64) float64 {
	n := float64(total(counts))
	var statistic, seen, expected float64
	cells := 0
	for i, p := range probabilities {
		seen += float64(counts[i])
		expected += n * p
		if expected < 8 && i < len(probabilities)-1 {
			continue
		}
		if expected > 0 {
			statistic += (seen - expected) * (seen - expected) / expected
			cells++
		}
		seen, expected = 0, 0
	}
	return distuv.ChiSquared{K: float64(cells - 1)}.Survival(statistic)
}

// binomialCDF is P(X <= k), by the incomplete beta function; beyond what that
// resolves it is the Poisson or the normal distribution, from which the binomial
// then differs by less than 1e-5.
func binomialCDF(k, n, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	case n > 1e8 && n*p < 100:
		return mathext.GammaIncRegComp(k+1, n*p)
	case n > 1e8:
		return distuv.UnitNormal.CDF((k + 0.5 - n*p) / math.Sqrt(n*p*(1-p)))
	}
	return mathext.RegIncBeta(n-k, k+1, 1-p)
}

func TestBinomialSamplerFits(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		n int64
		p float64
	}{
		{1, 0.5}, {1, 0.003}, {7, 0.2}, {50, 0.1}, {100, 0.0999}, {100, 0.1}, {100, 0.9}, {151, 0.5}, {1000, 0.001},
		{1000, 0.01}, {1000, 0.0101}, {1000, 0.3}, {1000, 0.999}, {20_000, 0.5}, {100_000, 0.0001},
		{100_000, 0.1}, {1_000_000, 0.7}, {10_000_000, 1e-7}, {10_000_000, 1e-3},
		{1e9, 1e-8}, {1e9, 0.25}, {1e12, 1e-3}, {1e12, 0.5}, {1e12, 0.1},
	} {
		t.Run(fmt.Sprintf("n=%d,p=%v", c.n, c.p), func(t *testing.T) {
			t.Parallel()
			const draws = 100_000
			r := newRandom(uint64(i))
			n := float64(c.n)
			mean, sd := n*c.p, math.Sqrt(n*c.p*(1-c.p))
			// Cells of a fifth of a standard deviation, or of one value.
			width := max(1, math.Floor(sd/5))
			from := math.Floor(mean - 6*sd - 1)
			cells := int(math.Ceil(12*sd+3)/width) + 2
			if c.p*n < 20 {
				from, cells = 0, int(mean+8*sd+10)
			}
			counts, probabilities := make([]int64, cells), make([]float64, cells)
			for range draws {
				x := r.binomial(c.n, c.p, 1-c.p)
				if x < 0 || x > c.n {
					t.Fatalf("drew %d", x)
				}
				cell := int(math.Floor((float64(x) - from) / width))
				counts[min(max(cell, 0), cells-1)]++
			}
			below := 0.0
			for cell := range cells {
				upTo := binomialCDF(from+width*float64(cell+1)-1, n, c.p)
				if cell == cells-1 {
					upTo = 1
				}
				probabilities[cell] = upTo - below
				below = upTo
			}
			if p := chi2(counts, probabilities); p < tooUnlikely {
				t.Errorf("p-value %v of %v against %v", p, counts, probabilities)
			}
		})
	}
}

func TestBinomialAtItsEnds(t *testing.T) {
	t.Parallel()
	r := newRandom(1)
	for _, n := range []int64{0, 1, 100, 1e12} {
		if x := r.binomial(n, 0, 1); x != 0 {
			t.Errorf("binomial(%d, 0) = %d", n, x)
		}
		if x := r.binomial(n, 1, 0); x != n {
			t.Errorf("binomial(%d, 1) = %d", n, x)
		}
	}
}

// Both multinomial samplers are held to the probability of every possible
// outcome of five observations in three bins.
func TestMultinomialSamplersFitTheJointDistribution(t *testing.T) {
	t.Parallel()
	for _, weights := range [][]int64{{1, 1, 1}, {5, 3, 2}, {1, 98, 1}, {1e12, 3e11, 2e11}} {
		for name, m := range map[string]*multinomial{
			"alias":       {n: 5, columns: aliasTable(weights)},
			"conditional": {n: 5, conditions: conditionals(weights)},
		} {
			t.Run(fmt.Sprint(name, weights), func(t *testing.T) {
				t.Parallel()
				const draws = 200_000
				r := newRandom(7)
				outcomes := make([]int64, 36)
				probabilities := make([]float64, 36)
				counts := make([]int64, 3)
				for range draws {
					m.draw(r, counts)
					if total(counts) != 5 {
						t.Fatalf("drew %v", counts)
					}
					outcomes[6*counts[0]+counts[1]]++
				}
				all := float64(total(weights))
				for a := range 6 {
					for b := range 6 - a {
						ways := math.Gamma(6) / math.Gamma(float64(a+1)) / math.Gamma(float64(b+1)) / math.Gamma(float64(6-a-b))
						probabilities[6*a+b] = ways * math.Pow(float64(weights[0])/all, float64(a)) *
							math.Pow(float64(weights[1])/all, float64(b)) * math.Pow(float64(weights[2])/all, float64(5-a-b))
					}
				}
				if p := chi2(outcomes, probabilities); p < tooUnlikely {
					t.Errorf("p-value %v of %v", p, outcomes)
				}
			})
		}
	}
}

func TestMultinomialMarginsFit(t *testing.T) {
	t.Parallel()
	weights := []int64{10, 1, 500, 3, 86, 400}
	for _, n := range []int64{20, 90, 91, 3000} { // six cells, and fifteen rows for each
		m := newMultinomial(weights, n)
		if (m.columns != nil) != (n <= 90) {
			t.Errorf("n = %d uses the wrong sampler", n)
		}
		r := newRandom(uint64(n))
		sums, counts := make([]int64, len(weights)), make([]int64, len(weights))
		for range 20_000 {
			m.draw(r, counts)
			for b, c := range counts {
				sums[b] += c
			}
		}
		probabilities := make([]float64, len(weights))
		for b, w := range weights {
			probabilities[b] = float64(w) / 1000
		}
		if p := chi2(sums, probabilities); p < tooUnlikely {
			t.Errorf("n = %d: p-value %v of %v", n, p, sums)
		}
	}
}

func TestRandomIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	// xoshiro256++ from the state 1, 2, 3, 4: its first outputs follow from the
	// definition by hand.
	r := &random{1, 2, 3, 4}
	if got := []uint64{r.bits64(), r.bits64()}; !slices.Equal(got, []uint64{41943041, 58720359}) {
		t.Errorf("drew %d", got)
	}
	// splitmix64 from 0, the published first output.
	if r := newRandom(0); r.a != 0xe220a8397b1dcdaf {
		t.Errorf("seeded with %x", r.a)
	}
	for range 1000 {
		if u := r.unit(); u <= 0 || u >= 1 {
			t.Fatalf("drew %v", u)
		}
	}
}
