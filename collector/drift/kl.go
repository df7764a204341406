package drift

import "math"

// KL returns the Kullback-Leibler divergence D(reference || window) in nats [1]
// of two histograms over the same K bins:
//
//	sum over p > 0 of p ln(p / q~),  q~ = (c + m p) / (n + m),  m = K/2
//
// The window's shares are smoothed with m pseudo-counts spread like the
// reference, so that an empty bin costs a finite amount. On bins of equal mass
// this adds 1/2 to every bin, the estimator of Krichevsky and Trofimov [2]; it
// shrinks real drift less than adding 1, and unlike any fixed number per bin it
// does not pull a skewed reference towards uniform. As n grows KL becomes
// scipy.stats.entropy(reference, window).
//
// A bin the reference never saw adds nothing itself, but takes share from the
// others: KL >= -ln(1 - its share of the window).
//
// KL is in [0, +Inf), 0 up to rounding when the shares are equal, and NaN when
// either histogram is empty. The slices must have the same length; counts must
// not be negative. O(K), 0.2 us at K = 10, no allocation.
//
// [1] Kullback, S.; Leibler, R. A. (1951). "On Information and Sufficiency".
// Annals of Mathematical Statistics 22 (1): 79-86.
//
// [2] Krichevsky, R.; Trofimov, V. (1981). "The performance of universal
// encoding". IEEE Transactions on Information Theory 27 (2): 199-207.
func KL(reference, window []int64) float64 {
	return smoothedKL(reference, window, float64(len(reference))/2)
}

// sizedKL is KL of a window that says as much as size independent rows.
func sizedKL(reference, window []int64, size float64) float64 {
	return smoothedKL(reference, window, float64(len(reference))/2*float64(total(window))/size)
}

// smoothedKL is KL with m pseudo-counts. For a fixed m the smoothing of merged
// bins is the merged smoothing, so merging never raises it.
func smoothedKL(reference, window []int64, m float64) float64 {
	nref, n := total(reference), total(window)
	if nref == 0 || n == 0 {
		return math.NaN()
	}
	// p / q~ with one division for each bin, as the logarithm is not all it costs.
	numerator, prior := (float64(n)+m)/float64(nref), m/float64(nref)
	kl := 0.0
	for b, c := range window {
		if r := float64(reference[b]); r > 0 {
			kl += r * math.Log(r*numerator/(float64(c)+r*prior))
		}
	}
	return max(kl/float64(nref), 0)
}

// KLTerms writes to dst what each bin adds to [KL], in nats, and returns dst:
//
//	d = p ln(p / q~) - p + q~
//
// Every term is at least 0, and they sum to KL because both p and q~ sum to 1;
// the plain terms p ln(p / q~) also do, but are negative wherever the window has
// the larger share. This is the decomposition of a Bregman divergence [1] and
// shows which bins contribute most. All terms are NaN when either histogram is empty.
// dst, reference and window must have the same length; O(K), no allocation.
//
// [1] Csiszar, I. (1991). "Why Least Squares and Maximum Entropy? An Axiomatic
// Approach to Inference for Linear Inverse Problems". Annals of Statistics 19
// (4): 2032-2066.
func KLTerms(dst []float64, reference, window []int64) []float64 {
	nref, n := float64(total(reference)), float64(total(window))
	m := float64(len(reference)) / 2
	for b := range dst {
		if nref == 0 || n == 0 {
			dst[b] = math.NaN()
			continue
		}
		p := float64(reference[b]) / nref
		q := (float64(window[b]) + m*p) / (n + m)
		dst[b] = q - p
		if p > 0 {
			dst[b] = max(p*math.Log(p/q)-p+q, 0)
		}
	}
	return dst
}

func total(counts []int64) int64 {
	sum := int64(0)
	for _, c := range counts {
		sum += c
	}
	return sum
}
