package drift

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg returns p-values of several tests adjusted for their number
// [1]: with those of at most q taken for discoveries, at most the share q of the
// discoveries is false on average, when the tests are independent or positively
// dependent. It is the smallest q at which each test is a discovery,
//
//	min over j >= i of p(j) m / j,  p(1) <= ... <= p(m)
//
// and at most 1. It controls the number of false discoveries among the tests of
// one moment, not over time. The order is kept; p-values must be in [0, 1].
// O(m log m), two allocations.
//
// [1] Benjamini, Y.; Hochberg, Y. (1995). "Controlling the False Discovery Rate: A
// Practical and Powerful Approach to Multiple Testing". Journal of the Royal
// Statistical Society B 57 (1): 289-300.
func BenjaminiHochberg(p []float64) []float64 {
	order := every(len(p))
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	adjusted := make([]float64, len(p))
	least := 1.0
	for rank := len(p); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, p[i]*(float64(len(p))/float64(rank)))
		adjusted[i] = least
	}
	return adjusted
}
