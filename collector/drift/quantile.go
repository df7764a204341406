package drift

import (
	"cmp"
	"math"
	"slices"
)

// QuantileEdges returns the inner edges of k bins over sorted, an ascending finite
// sample, k at most [MaxFine]. Without values that repeat often these are bins of
// equal mass: edge i is the value at 0-based rank floor(i n / k), i = 1 .. k-1, and
// equal edges are kept once.
//
// A value with more than 1/(2k) of the sample, and more than one row, is an atom.
// It gets two edges, itself and the next float64, so that a bin holds it alone,
// and the other edges are those of bins of equal mass over the rest of the sample:
// k less the atoms, or more so that none holds more than a k-th of all. Bins of 200 hold every value that is an atom among up to 50
// bins, which has more than 1 %. Of lighter ones the heaviest are atoms, as
// many as leave bins of at most 1 % for the rest; the next ones share a bin with
// their neighbours.
//
// An edge is a value of the sample, or the float64 next to one; there are at most
// 199, k-1 without atoms, and none for an empty sample or k < 2. Bins are
// half-open, [edge, next edge). O(n) where values repeat.
//
// It is the definition 3 of Hyndman and Fan [1] up to the rounding of the rank;
// binned again from such edges, a sample gives the same bins.
//
// [1] Hyndman, R.; Fan, Y. (1996). "Sample Quantiles in Statistical Packages".
// The American Statistician 50 (4): 361-365.
func QuantileEdges(sorted []float64, k int) []float64 {
	if len(sorted) == 0 || k < 2 {
		return nil
	}
	heavy, bins := heaviest(sorted, k)
	var edges []float64
	for _, a := range heavy {
		edges = append(edges, a.value)
		if next := math.Nextafter(a.value, math.Inf(1)); !math.IsInf(next, 1) {
			edges = append(edges, next)
		}
	}
	slices.SortFunc(heavy, func(a, b repeated) int { return cmp.Compare(a.from, b.from) })
	n := int64(len(sorted))
	for _, a := range heavy {
		n -= int64(a.count)
	}
	for i := 1; i < bins && n > 0; i++ {
		at := int(rank(i, n, bins))
		for _, a := range heavy {
			if a.from <= at {
				at += a.count
			}
		}
		edges = append(edges, sorted[at])
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

// repeated is a value of a sorted sample that is there more than once.
type repeated struct {
	value       float64
	from, count int
}

// heaviest returns the values that get a bin of their own among k, and the number
// of bins left for the rest.
func heaviest(sorted []float64, k int) (heavy []repeated, bins int) {
	n := len(sorted)
	for i := 0; i < n; {
		j := i + 1
		for j < n && sorted[j] == sorted[i] {
			j++
		}
		if isAtom(int64(j-i), int64(n), k) {
			heavy = append(heavy, repeated{sorted[i], i, j - i})
		}
		i = j
	}
	slices.SortFunc(heavy, func(a, b repeated) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.from, b.from))
	})
	left := n
	for i, a := range heavy {
		// The rest needs bins of at most two k-ths.
		room, rest := MaxFine-2*(i+1), left-a.count
		if room < 1 || float64(room) < float64(rest)/float64(n)*float64(k)/2 {
			heavy = heavy[:i]
			break
		}
		left = rest
	}
	return heavy, min(restBins(k, len(heavy), int64(left), int64(n)), MaxFine-2*len(heavy))
}

// rank is floor(i n / k) without overflow for n up to 2^53 and i <= k <= 200.
func rank(i int, n int64, k int) int64 {
	return int64(i) * n / int64(k)
}
