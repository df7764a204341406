package drift

import "math"

// StandardError returns the standard error of [KL] in nats by the delta method
// [1], with both the window and the reference taken as samples:
//
//	SE^2 = (sum p^2/q~ - 1)/n + (sum p ln^2(p/q~) - KL^2)/n_ref
//
// It describes the spread around a divergence that is not 0; without drift the
// first-order terms vanish and [Null] is the distribution to use. It is at least
// 0, and NaN when either histogram is empty. O(K), no allocation.
//
// [1] Bishop, Y.; Fienberg, S.; Holland, P. (1975). "Discrete Multivariate
// Analysis". MIT Press, section 14.6: 486-500.
func StandardError(reference, window []int64) float64 {
	return sizedStandardError(reference, window, float64(total(window)))
}

// sizedStandardError is StandardError of a window that says as much as size
// independent rows.
func sizedStandardError(reference, window []int64, size float64) float64 {
	nref, n := float64(total(reference)), float64(total(window))
	if nref == 0 || n == 0 {
		return math.NaN()
	}
	m := float64(len(reference)) / 2 * n / size
	var kl, squares, ratios float64
	for b, r := range reference {
		if r == 0 {
			continue
		}
		p := float64(r) / nref
		q := (float64(window[b]) + m*p) / (n + m)
		l := math.Log(p / q)
		kl += p * l
		squares += p * l * l
		ratios += p * p / q
	}
	return math.Sqrt(max(ratios-1, 0)/size + max(squares-kl*kl, 0)/nref)
}
