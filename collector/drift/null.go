package drift

import (
	"math"
	"slices"
	"sync"
)

const (
	// MinPredictions is the smallest window that is tested. Below it KL has a
	// noise floor of the size of moderate drift.
	MinPredictions = 50
	// DefaultSamples is the usual number of draws of a null; the smallest
	// p-value is then 1e-4.
	DefaultSamples = 9999
	// exactReference is the number of times a reference must be as large as the
	// window for its own noise to be left out of the null.
	exactReference = 200
	// tie is the difference in nats up to which two divergences are the same:
	// the sum over the bins rounds differently in another order.
	tie = 1e-12
)

// Null is the distribution of [KL] without drift, for one reference and one size
// of window. Immutable and safe for concurrent use.
//
// It is a parametric bootstrap [1] of both samples. The window is drawn from the reference's
// shares, and so is another reference, because the reference is a sample too. With a
// reference and a window of 10,000 each, a test that does not draw the reference rejects
// half of all windows without drift instead of 5 %. The null depends on the size of the
// window only, so it is drawn once and serves every scrape; equal data gets equal p-values.
//
// Where at most four cells are occupied the divergence takes few values, and a null
// serves windows of its own size only: see [Nulls.Get].
//
// [1] Efron, B.; Tibshirani, R. (1993). "An Introduction to the Bootstrap".
// Chapman and Hall, section 16.4: 224-227.
type Null struct {
	size, reference int64
	samples         int
	mean            float64
	knots           []knot
	// A p-value is (least + a knot's count) / of: of draws (1 + count) / (samples + 1),
	// of an exact null a probability.
	least, of float64
	g         func() Moments
}

// NewNull draws the null of windows of n predictions against reference, with the
// given number of draws (0: DefaultSamples), from a generator with that seed. An
// empty reference, one with a single occupied cell, and n <= 0 give a null in
// which nothing but 0 occurs. Takes 10 ms with 9999 draws at K = 10, half as much
// again when n_ref < 200 n and the reference is drawn as well.
//
// A reference of two occupied cells that is 20 times as large as the window is not
// drawn: its null is computed over all windows that can be, in about 50 ns each, and
// its p-values are exact down to 1/(samples + 1).
func NewNull(reference []int64, n int64, samples int, seed uint64) *Null {
	return Novelty{}.NewNull(reference, n, samples, seed)
}

// NewNull returns the null distribution for a reference. v says how well the reference determines
// the share of new values.
func (v Novelty) NewNull(reference []int64, n int64, samples int, seed uint64) *Null {
	if samples <= 0 {
		samples = DefaultSamples
	}
	occupied := occupiedOf(reference)
	m := float64(len(reference)) / 2
	null := &Null{size: n, reference: total(occupied), samples: samples}
	if n > 0 && canEnumerate(occupied, n) {
		null.take(enumerate(occupied, n, m))
	} else {
		draws := make([]float64, samples)
		if len(occupied) > 1 && n > 0 {
			drawDivergences(draws, newPairs(reference, v, n), m, newRandom(seed))
		}
		for _, t := range draws {
			null.mean += t / float64(samples)
		}
		slices.Sort(draws)
		null.knots = condense(draws)
		null.least, null.of = 1, float64(samples+1)
	}
	null.g = sync.OnceValue(func() Moments {
		return drawG(reference, v, n, max(samples, DefaultSamples), newRandom(seed))
	})
	return null
}

// occupiedOf are the cells that a reference has rows in.
func occupiedOf(reference []int64) []int64 {
	var occupied []int64
	for _, r := range reference {
		if r > 0 {
			occupied = append(occupied, r)
		}
	}
	return occupied
}

// drawDivergences fills draws with KL of random pairs of reference and window.
func drawDivergences(draws []float64, p *pairs, m float64, r *random) {
	for i := range draws {
		p.draw(r)
		draws[i] = smoothedKL(p.drawn, p.window, m)
	}
}

// Size is the number of predictions it was drawn for.
func (n *Null) Size() int64 { return n.size }

// Mean is the mean divergence in nats without drift: the noise floor.
func (n *Null) Mean() float64 { return n.mean }

// PValue is the probability of a divergence of at least kl without drift,
// (1 + #{draws >= kl}) / (samples + 1): never 0, exact among the 200 largest
// draws and wherever few distinct values occur, elsewhere within 1/1000. It
// falls as kl rises. NaN, the divergence of an empty window, gives 1. 0.1 us.
func (n *Null) PValue(kl float64) float64 {
	return max((n.least+n.atLeast(kl))/n.of, 1/float64(n.samples+1))
}

// Test is what a null says about one window.
type Test struct {
	// PValue is in (0, 1].
	PValue float64
	// NoiseFloor is the mean divergence without drift in nats.
	NoiseFloor float64
}

// Test tests a divergence kl of a window of n predictions against a reference of nref. If
// the null was drawn for other sizes, kl and the noise floor are scaled by the effective
// sample size n_e = n nref / (n + nref), to which the divergence is inversely proportional.
// Within the 2.5 % of the grid of [Nulls] a promised .05 stays .05 (measured up to 10 %).
func (n *Null) Test(kl float64, size, nref int64) Test {
	scale := n.scale(size, nref)
	return Test{PValue: n.PValue(kl * scale), NoiseFloor: n.mean / scale}
}

// NoiseFloor is that of Test, without its p-value. 5 ns.
func (n *Null) NoiseFloor(size, nref int64) float64 { return n.mean / n.scale(size, nref) }

// scale is by how much more a divergence of these sizes is worth than one of the null's.
func (n *Null) scale(size, nref int64) float64 {
	if size == n.size && nref == n.reference {
		return 1
	}
	scale := effective(size, nref) / effective(n.size, n.reference)
	if math.IsNaN(scale) || scale <= 0 {
		return 1
	}
	return scale
}

func effective(n, nref int64) float64 {
	return float64(n) * (float64(nref) / float64(n+nref))
}
