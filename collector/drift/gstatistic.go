package drift

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/mathext"
)

// G returns the two-sample likelihood-ratio statistic [1] of a window against
// its reference:
//
//	2 n_e sum over c > 0 of q ln(q / pf),  q = c/n,  n_e = n n_ref / (n + n_ref)
//
// The shares of the reference are smoothed, pf = (r + 1/2) / (n_ref + K/2). Otherwise a bin
// that does not occur in it would make G infinite. G is the divergence
// D(window || reference), the reverse of [KL], times 2 n_e. Without drift it is distributed
// nearly as chi-squared with K-1 degrees of freedom, for all sizes.
//
// The detector uses G instead of KL because of its tail. A promise of one false alarm a
// month depends on probabilities of 1e-7. At n = 100 and 1e-4, every fit to KL that was
// tried was wrong by a factor of 20, and the fit to G by at most 1.3.
//
// G is in [0, +Inf), and NaN when either histogram is empty. The slices must
// have the same length; counts must not be negative. O(K), 0.2 us at K = 10, no
// allocation.
//
// [1] Wilks, S. S. (1938). "The Large-Sample Distribution of the Likelihood
// Ratio for Testing Composite Hypotheses". Annals of Mathematical Statistics 9
// (1): 60-62.
func G(reference, window []int64) float64 {
	return flooredG(reference, window, len(reference))
}

// flooredG is G with the floor of a reference of that many bins, which may have
// more than the slices: bins that are empty in both add nothing.
func flooredG(reference, window []int64, bins int) float64 {
	return sizedG(reference, window, bins, float64(total(window)))
}

// sizedG is flooredG of a window that is equivalent to size independent rows.
func sizedG(reference, window []int64, bins int, size float64) float64 {
	nref, n := float64(total(reference)), float64(total(window))
	if nref == 0 || n == 0 {
		return math.NaN()
	}
	sum, mass := 0.0, nref+float64(bins)/2
	for b, c := range window {
		if c > 0 {
			q := float64(c) / n
			sum += q * math.Log(q*mass/(float64(reference[b])+0.5))
		}
	}
	return max(2*size*(nref/(size+nref))*sum, 0)
}

// boundG is at least sizedG, without logarithms, and twice as much when both are small: KL is at
// most chi-squared (see ball.holds). p are the shares of the reference, floored as for
// sizedG, n the rows of the window and nref those of the reference.
func boundG(p []float64, window []int64, n, size, nref float64) float64 {
	sum := 0.0
	for b, c := range window {
		off := float64(c)/n - p[b]
		sum += off * off / p[b]
	}
	return 2 * size * (nref / (size + nref)) * sum
}

// usualG returns a value of G up to which chiSquaredTail is certainly not below a probability.
// It is within 1e-3 of the largest one, or below 0 if there is none.
func usualG(probability float64, freedom int) float64 {
	type question struct {
		probability float64
		freedom     int
	}
	asked := question{probability, freedom}
	if known, ok := usualGs.Load(asked); ok {
		return known.(float64)
	}
	low, high := -1., 1.
	surely := func(g float64) bool { return freedom > 0 && chiSquaredTail(g, freedom) > 1.001*probability }
	for surely(high) && high < 1e6 {
		low, high = high, 2*high
	}
	for high-low > 1e-3 {
		if middle := (low + high) / 2; middle > 0 && surely(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	usualGs.Store(asked, low)
	return low
}

var usualGs sync.Map // many columns have the same number of bins

// GPValue returns the probability of [G] of at least g without drift, for
// histograms of that many bins: the larger one of the chi-squared approximation
// with bins-1 degrees of freedom and of the Pearson III tail with the moments of
// the null. Which of the two is too small depends on the bins. In windows of 45, the first
// alone raises ten times as many false alarms as the second.
//
// It is conservative with bins of .25 and .05 %, and with bins that do not occur in the
// reference, because those count as degrees of freedom: for levels down to 1e-6, at most .7
// times the promised number of windows of 100 to 10,000 rows were below the level.
//
// Windows equivalent to 25 to 49 independent rows use the moments for 50. With nine shapes
// of references, at most 1.06 times the promised number of windows were below .01, and at
// most .7 times below .001.
//
// It is in [0, 1], falls as g rises, keeps its relative accuracy down to 1e-300,
// and is NaN when g is. 0.25 us.
func GPValue(g float64, bins int, null Moments) float64 {
	return max(chiSquaredTail(g, bins-1), null.Tail(g))
}

// chiSquaredTail is the probability that a chi-squared variable with that many
// degrees of freedom is at least x.
func chiSquaredTail(x float64, freedom int) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x <= 0:
		return 1
	}
	return mathext.GammaIncRegComp(float64(freedom)/2, x/2)
}

// G returns the moments of [G] without drift, for the reference and the size of
// this null. They are drawn at the first call, with the null's own seed and at
// least DefaultSamples draws, because only windows that have drifted need them. The first
// call takes 6 to 15 ms, later calls nothing. Safe for concurrent use.
//
// G is scaled by the effective sample size, so the moments serve neighbouring
// sizes unchanged.
func (n *Null) G() Moments { return n.g() }

// drawG draws pairs of reference and window as drawDivergences does and returns
// the moments of their G.
func drawG(reference []int64, v Novelty, n int64, samples int, r *random) Moments {
	if len(occupiedOf(reference)) < 2 || n <= 0 {
		return Moments{}
	}
	p := newPairs(reference, v, n)
	draws := make([]float64, samples)
	for i := range draws {
		p.draw(r)
		draws[i] = flooredG(p.drawn, p.window, len(reference))
	}
	return momentsOf(draws)
}
