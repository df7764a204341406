package drift

import "math"

const (
	// Blocks is the number of blocks into which a window is cut.
	Blocks = 50
	// MinBlockPredictions is the smallest window that is cut into blocks: of four
	// predictions each.
	MinBlockPredictions = 4 * Blocks
	// BlockSamples is the number of draws of [BlockBootstrap]; its smallest p-value is
	// then 0.001.
	BlockSamples = 999
)

// BlockTest is the result of a test with blocks.
type BlockTest struct {
	// PValue is in (0, 1].
	PValue float64
	// DesignEffect is the ratio of the variance of the window's shares to the variance for
	// independent predictions. It is at least 1.
	DesignEffect float64
}

// BlockBootstrap compares a window with its reference when predictions may depend on
// their neighbours: batches, repeated requests, hours of the day. The window is
// given as [Blocks] blocks of consecutive predictions, each of as many counts as
// the reference has bins, one block after the other.
//
// DesignEffect [1] is the mean of the design effects of the bins. It is computed from the
// differences between the blocks. C are the counts of a block, n_g is its size, and q are the
// shares of the window:
//
//	max(1, tr V / (K - 1)),  V = G/(G-1) Z'Z / n,  Z = (C - n_g q) / sqrt q
//
// over the K bins that occur in the window. For independent predictions its mean is 1,
// whether the window has drifted or not. (With the reference's shares instead of q, drift
// would raise it.) A window of n predictions carries as much information as
// n / DesignEffect independent ones.
//
// PValue comes from a bootstrap of blocks [2]. As many blocks as the window has are drawn
// from it with replacement. PValue is the share of draws that are at least as far from the
// window as the window is from the reference, by the statistic
//
//	sum of (q - p)^2 / ((p + q) / 2)
//
// The statistic is bounded, so that a bin that is rare in the reference does not dominate
// the others. A reference smaller than 200 windows is drawn as well.
//
// Share of windows without drift that were rejected at .05, by simulation with ten bins:
//
//	                                           n = 2000       n = 1000  without blocks
//	independent rows                           .045 to .05    .04
//	batches of 20 that share .1 of variance    .06            .07       .15
//	batches of 20 that share .3 of variance    .08            .11       .36
//
// Dependence over more rows than a block is not found.
//
// It reports false if the window has fewer than MinBlockPredictions, or only one bin. NaN
// does not occur. The draws depend only on the key, the reference and n. So an unchanged
// window keeps its p-value, also after a restart. O(BlockSamples x G x K): 0.4 ms at
// K = 10, and 1.1 ms if the reference is drawn as well.
//
// [1] Rao, J.; Scott, A. (1981). "The Analysis of Categorical Data From Complex
// Sample Surveys". Journal of the American Statistical Association 76 (374):
// 221-230.
//
// [2] Carlstein, E. (1986). "The Use of Subseries Values for Estimating the
// Variance of a General Statistic from a Stationary Sequence". Annals of Statistics
// 14 (3): 1171-1179.
func BlockBootstrap(key string, reference, blocks []int64) (BlockTest, bool) {
	w := newBlocked(reference, blocks)
	if w.n < MinBlockPredictions || w.nref == 0 {
		return BlockTest{}, false
	}
	effect, ok := w.designEffect()
	if !ok {
		return BlockTest{}, false
	}
	return BlockTest{PValue: w.pValue(newRandom(seed(fingerprint(key, reference), int64(w.n)))), DesignEffect: effect}, true
}

// blocked is a window in blocks and its reference, over the bins that occur in at least one of
// them.
type blocked struct {
	n, nref  float64
	sizes    []float64
	counts   []float64 // by block and bin
	p, q     []float64 // shares of reference and window
	occupied []int64   // reference counts
}

func newBlocked(reference, blocks []int64) *blocked {
	k, groups := len(reference), len(blocks)/len(reference)
	w := &blocked{sizes: make([]float64, groups)}
	window := make([]int64, k)
	for i, c := range blocks {
		window[i%k] += c
		w.sizes[i/k] += float64(c)
	}
	w.n, w.nref = float64(total(window)), float64(total(reference))
	for b, r := range reference {
		if r > 0 || window[b] > 0 {
			w.occupied = append(w.occupied, r)
			w.p, w.q = append(w.p, float64(r)/w.nref), append(w.q, float64(window[b])/w.n)
		}
	}
	for i, c := range blocks {
		if b := i % k; reference[b] > 0 || window[b] > 0 {
			w.counts = append(w.counts, float64(c))
		}
	}
	return w
}

// designEffect is unknown if all predictions are in one bin.
func (w *blocked) designEffect() (float64, bool) {
	bins, trace := 0, 0.0
	for b, q := range w.q {
		if q == 0 {
			continue
		}
		bins++
		for g, size := range w.sizes {
			d := w.counts[g*len(w.q)+b] - size*q
			trace += d * d / q
		}
	}
	if bins < 2 {
		return 0, false
	}
	groups := float64(len(w.sizes))
	return max(1, trace*groups/(groups-1)/w.n/float64(bins-1)), true
}

func (w *blocked) pValue(r *random) float64 {
	k := len(w.p)
	weights := make([]float64, k)
	seen := 0.0
	for b, p := range w.p {
		weights[b] = 2 / (p + w.q[b])
		seen += (w.q[b] - p) * (w.q[b] - p) * weights[b]
	}
	groups := len(w.sizes)
	// Blocks drawn from the window vary less than the window by this factor.
	widen := float64(groups) / float64(groups-1)
	var references *multinomial
	drawn := make([]int64, k)
	if w.nref < exactReference*w.n {
		references = newMultinomial(w.occupied, int64(w.nref))
	}
	sums := make([]float64, k)
	asFar := 0
	for range BlockSamples {
		clear(sums)
		size := 0.0
		for range groups {
			g := int(r.below(uint64(groups)))
			size += w.sizes[g]
			for b, c := range w.counts[g*k : g*k+k] {
				sums[b] += c
			}
		}
		if references != nil {
			references.draw(r, drawn)
		}
		far := 0.0
		for b, sum := range sums {
			d := math.Sqrt(widen) * (sum/size - w.q[b])
			if references != nil {
				d += float64(drawn[b])/w.nref - w.p[b]
			}
			far += d * d * weights[b]
		}
		if far >= seen-tie {
			asFar++
		}
	}
	return float64(1+asFar) / float64(BlockSamples+1)
}
