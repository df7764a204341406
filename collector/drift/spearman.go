package drift

import (
	"cmp"
	"math"
	"slices"
)

// Spearman returns the rank correlation of two samples of the same length, -1 to
// 1 [1]: the correlation of their ranks, of which ties share the mean. It is NaN
// when a sample has fewer than two values or all are equal. O(n log n).
//
// [1] Spearman, C. (1904). "The Proof and Measurement of Association between Two
// Things". American Journal of Psychology 15 (1): 72-101.
func Spearman(x, y []float64) float64 {
	a, b := ranks(x), ranks(y)
	mean := float64(len(a)+1) / 2
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - mean) * (b[i] - mean)
		aa += (a[i] - mean) * (a[i] - mean)
		bb += (b[i] - mean) * (b[i] - mean)
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return max(-1, min(1, ab/math.Sqrt(aa*bb)))
}

// ranks numbers values by size, from 1; equal ones share the mean of theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+1+j) / 2
		}
		i = j
	}
	return r
}
