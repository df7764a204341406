package drift

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// rareOneIn is the inverse of the smallest share a bin is kept with: with less, the
// noise of the bin would swamp the divergence.
const rareOneIn = 200

// Exported bins are runs of fine bins, held as the ascending indices of the fine
// bins they start at; the first is always 0.

// every starts a bin at each of n fine bins.
func every(n int) []int {
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i
	}
	return starts
}

// quantileStarts cuts fine bins into at most k runs of equal mass.
func quantileStarts(fine []int64, k int) []int {
	n := total(fine)
	starts := []int{0}
	if n == 0 {
		return starts
	}
	bin, upTo := 0, fine[0]
	for i := 1; i < k; i++ {
		for r := rank(i, n, k); upTo <= r; {
			bin++
			upTo += fine[bin]
		}
		if bin > starts[len(starts)-1] {
			starts = append(starts, bin)
		}
	}
	return starts
}

// uniformStarts cuts fine bins into at most k runs, at the edges nearest to
// equally spaced points between lo and hi (the outer edges when unknown).
func uniformStarts(edges []float64, lo, hi float64, k int) []int {
	starts := []int{0}
	if len(edges) == 0 {
		return starts
	}
	if math.IsNaN(lo) {
		lo = edges[0]
	}
	if math.IsNaN(hi) {
		hi = edges[len(edges)-1]
	}
	for i := 1; i < k; i++ {
		t := float64(i) / float64(k)
		point := lo*(1-t) + hi*t
		if start := nearest(edges, point) + 1; start > starts[len(starts)-1] {
			starts = append(starts, start)
		}
	}
	return starts
}

// nearest is the index of the edge nearest to point, the lower of two.
func nearest(edges []float64, point float64) int {
	best := 0
	for i, e := range edges {
		if math.Abs(e-point) < math.Abs(edges[best]-point) {
			best = i
		}
	}
	return best
}

// atoms marks the bins that hold one value only with more than 1/(2k) of all, and
// more than one row. Chance gives a value that much: 20 distinct numbers have
// one row each, and 15 rows each more than a twentieth.
func atoms(fine []int64, k int, single func(bin int) bool) []bool {
	alone, n := make([]bool, len(fine)), total(fine)
	for b, c := range fine {
		alone[b] = isAtom(c, n, k) && single(b)
	}
	return alone
}

func isAtom(count, all int64, k int) bool {
	return count > 1 && 2*float64(k)*float64(count) > float64(all)
}

// isPoint reports whether a fine bin between edges holds a single number.
func isPoint(edges []float64, bin int) bool {
	if bin == 0 {
		return false
	}
	next := math.Nextafter(edges[bin-1], math.Inf(1))
	return math.IsInf(next, 1) || bin < len(edges) && edges[bin] == next
}

// restBins is the number of bins for what k bins less some atoms hold, n rows of
// all: those that are left, or as many as keep each at a k-th of all.
func restBins(k, atoms int, n, all int64) int {
	needed := 0.0
	if all > 0 {
		needed = math.Ceil(float64(k) * float64(n) / float64(all))
	}
	return max(k-atoms, int(needed), 1)
}

// cut cuts fine bins into the atoms and, of the rest, runs by the method of o.
func cut(fine []int64, alone []bool, edges []float64, lo, hi float64, o BinOptions) []int {
	left, held := slices.Clone(fine), 0
	starts := []int{0}
	for b, a := range alone {
		if a {
			left[b] = 0
			held++
			starts = append(starts, b)
			if b+1 < len(fine) {
				starts = append(starts, b+1)
			}
		}
	}
	k := restBins(o.Count, held, total(left), total(fine))
	if o.Method == Uniform {
		starts = append(starts, uniformStarts(edges, lo, hi, k)...)
	} else {
		starts = append(starts, quantileStarts(left, k)...)
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// merge joins runs with a share of all below 1 in rareOneIn, left to right into the
// right neighbour, the last into its left; atoms stay alone, and what lies
// between two of them is merged apart from the rest.
func merge(fine []int64, starts []int, alone []bool, all int64) []int {
	var kept []int
	between := 0 // the first run since the last atom
	for i := range len(starts) + 1 {
		if i < len(starts) && !alone[starts[i]] {
			continue
		}
		to := len(fine)
		if i < len(starts) {
			to = starts[i]
		}
		kept = append(kept, mergeRuns(fine[:to], starts[between:i], all)...)
		if i < len(starts) {
			kept = append(kept, starts[i])
		}
		between = i + 1
	}
	return kept
}

// mergeRuns is merge for runs without atoms, the last of which ends with fine.
func mergeRuns(fine []int64, starts []int, all int64) []int {
	var kept []int
	mass := int64(0)
	for i, from := range starts {
		if i == 0 || !isRare(mass, all) {
			kept = append(kept, from)
			mass = 0
		}
		mass += total(fine[from:end(starts, i, len(fine))])
	}
	if isRare(mass, all) && len(kept) > 1 {
		kept = kept[:len(kept)-1]
	}
	return kept
}

func isRare(count, all int64) bool {
	return float64(count)*rareOneIn < float64(all)
}

// end returns the fine bin after run i.
func end(starts []int, i, n int) int {
	if i+1 < len(starts) {
		return starts[i+1]
	}
	return n
}

// spread maps each of n fine bins to its run.
func spread(starts []int, n int) []uint8 {
	coarse := make([]uint8, 0, n+5)
	for i, from := range starts {
		for range end(starts, i, n) - from {
			coarse = append(coarse, code(i))
		}
	}
	return coarse
}

// rest is what a reference holds besides values.
type rest struct{ missing, invalid int64 }

// split checks counts of n fine bins, with or without those of rows without a value
// and with an invalid one.
func split(counts []int64, n int) (own []int64, r rest, err error) {
	if len(counts) != n && len(counts) != n+2 {
		return nil, r, fmt.Errorf("%d counts for %d bins", len(counts), n)
	}
	for i, c := range counts {
		if c < 0 {
			return nil, r, fmt.Errorf("count %d is %d", i, c)
		}
	}
	if len(counts) > n {
		r = rest{counts[n], counts[n+1]}
	}
	return counts[:n], r, nil
}

func checkAscending(what string, x []float64, most int) error {
	if len(x) > most {
		return fmt.Errorf("%d %s: at most %d", len(x), what, most)
	}
	for i, v := range x {
		if math.IsNaN(v - v) {
			return errors.New(what + " are not all finite")
		}
		if i > 0 && v <= x[i-1] {
			return errors.New(what + " are not ascending")
		}
	}
	return nil
}

// code narrows an index of a fine code, a cell or an exported bin, at most 255.
func code(i int) uint8 {
	return uint8(i)
}
