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
	var values []float64
	var counts []int64
	for _, x := range sorted {
		if last := len(values) - 1; last >= 0 && x == values[last] {
			counts[last]++
			continue
		}
		values, counts = append(values, x), append(counts, 1)
	}
	return QuantileEdgesOfCounts(values, counts, k)
}

// QuantileEdgesOfCounts are the [QuantileEdges] of a sample that holds each of the
// values, which ascend, so many times. O(n) for n values.
func QuantileEdgesOfCounts(values []float64, counts []int64, k int) []float64 {
	n := total(counts)
	if n == 0 || k < 2 {
		return nil
	}
	isHeavy, heavy, bins := heaviest(counts, n, k)
	var edges []float64
	for _, i := range heavy {
		edges = append(edges, values[i])
		if next := math.Nextafter(values[i], math.Inf(1)); !math.IsInf(next, 1) {
			edges = append(edges, next)
		}
		n -= counts[i]
	}
	// The others in their order: edge i is the one at its rank among them.
	upTo, edge := int64(0), 1
	for i, c := range counts {
		if isHeavy[i] {
			continue
		}
		upTo += c
		for ; edge < bins && rank(edge, n, bins) < upTo; edge++ {
			edges = append(edges, values[i])
		}
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

// heaviest returns which values get a bin of their own among k, by index too, and
// the number of bins left for the rest.
func heaviest(counts []int64, n int64, k int) (isHeavy []bool, heavy []int, bins int) {
	for i, c := range counts {
		if isAtom(c, n, k) {
			heavy = append(heavy, i)
		}
	}
	slices.SortStableFunc(heavy, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	left := n
	for i, a := range heavy {
		// The rest needs bins of at most two k-ths.
		room, rest := MaxFine-2*(i+1), left-counts[a]
		if room < 1 || float64(room) < float64(rest)/float64(n)*float64(k)/2 {
			heavy = heavy[:i]
			break
		}
		left = rest
	}
	isHeavy = make([]bool, len(counts))
	for _, i := range heavy {
		isHeavy[i] = true
	}
	return isHeavy, heavy, min(restBins(k, len(heavy), left, n), MaxFine-2*len(heavy))
}

// rank is floor(i n / k) without overflow for n up to 2^53 and i <= k <= 200.
func rank(i int, n int64, k int) int64 {
	return int64(i) * n / int64(k)
}
