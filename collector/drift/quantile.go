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
// A value with more than 1/(2k) of the sample, and more than one row, is an atom. It gets two
// edges, itself and the next float64, so that it is alone in its bin. The other edges are those of
// bins of equal mass over the rest of the sample. Their number is k less the number of atoms, or
// more so that no bin has more than a k-th of the sample. So 200 bins contain every value that is
// an atom among up to 50 bins, because it has more than 1 %. Of the less frequent values, the most
// frequent ones are atoms, as many as leave bins of at most 1 % for the rest. The next ones share
// a bin with their neighbours.
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
	q := NewQuantiles(k)
	for i, x := range values {
		q.Add(x, counts[i])
	}
	var edges []float64
	for i, x := range values {
		edges = append(edges, q.Edges(x, counts[i])...)
	}
	return append(edges, q.LastEdges()...)
}

// Quantiles finds the [QuantileEdges] of a sample that is given as ascending values with their
// counts. The values must be given twice: all of them to Add first, and then all of them to
// Edges. It needs little memory.
type Quantiles struct {
	k, n  int64
	heavy []repeated // that may be atoms

	begun      bool
	isHeavy    map[float64]bool
	rest, bins int64
	upTo, edge int64
	last       float64 // edge
	pending    float64 // edge behind an atom, NaN for none
	found      [2]float64
}

// repeated is a value that the sample holds so many times.
type repeated struct {
	value float64
	count int64
}

// NewQuantiles begins with k bins.
func NewQuantiles(k int) *Quantiles {
	return &Quantiles{k: int64(k), edge: 1, last: math.NaN(), pending: math.NaN()}
}

// Add takes a value for the first time.
func (q *Quantiles) Add(x float64, count int64) {
	q.n += count
	if isAtom(count, q.n, int(q.k)) { // so far: the rest makes fewer of them
		q.heavy = append(q.heavy, repeated{x, count})
	}
}

// Edges takes a value for the second time, and returns the edges up to it that are above
// the value before. They are valid until the next call.
func (q *Quantiles) Edges(x float64, count int64) []float64 {
	if q.k < 2 {
		return nil
	}
	if !q.begun {
		q.begin()
	}
	found := q.LastEdges()
	switch {
	case len(q.isHeavy) > 0 && q.isHeavy[x]:
		found = q.append(found, x)
		if next := math.Nextafter(x, math.Inf(1)); !math.IsInf(next, 1) {
			q.pending = next
		}
	default:
		// The others in their order: edge i is the one at its rank among them.
		q.upTo += count
		for ; q.edge < q.bins && rank(int(q.edge), q.rest, int(q.bins)) < q.upTo; q.edge++ {
			found = q.append(found, x)
		}
	}
	return found
}

// LastEdges returns the edges above the last value.
func (q *Quantiles) LastEdges() []float64 {
	found := q.found[:0]
	if !math.IsNaN(q.pending) {
		found = q.append(found, q.pending)
		q.pending = math.NaN()
	}
	return found
}

// append appends an edge once.
func (q *Quantiles) append(found []float64, x float64) []float64 {
	if x == q.last {
		return found
	}
	q.last = x
	return append(found, x)
}

// begin decides which values get a bin of their own among k, and how many bins are left
// for the rest.
func (q *Quantiles) begin() {
	q.begun = true
	heavy := slices.DeleteFunc(q.heavy, func(r repeated) bool { return !isAtom(r.count, q.n, int(q.k)) })
	slices.SortStableFunc(heavy, func(a, b repeated) int { return cmp.Compare(b.count, a.count) })
	q.rest, q.isHeavy = q.n, map[float64]bool{}
	for i, a := range heavy {
		// The rest needs bins of at most two k-ths.
		room, rest := MaxFine-2*(i+1), q.rest-a.count
		if room < 1 || float64(room) < float64(rest)/float64(q.n)*float64(q.k)/2 {
			break
		}
		q.rest, q.isHeavy[a.value] = rest, true
	}
	atoms := len(q.isHeavy)
	q.bins = int64(min(restBins(int(q.k), atoms, q.rest, q.n), MaxFine-2*atoms))
}

// rank is floor(i n / k) without overflow for n up to 2^53 and i <= k <= 200.
func rank(i int, n int64, k int) int64 {
	return int64(i) * n / int64(k)
}
