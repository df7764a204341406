package drift

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	// rare is the inverse of the smallest share a bin is kept with: with less,
	// the noise of the bin would swamp the divergence.
	rare = 200
	// keptCategories is the largest number of categories exported by name.
	keptCategories = 20
)

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

// merge joins runs with a share of all below 1/rare, left to right into the
// right neighbour, the last into its left.
func merge(fine []int64, starts []int, all int64) []int {
	kept := []int{0}
	mass := int64(0)
	for i, from := range starts {
		if i > 0 && !isRare(mass, all) {
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

// frequent marks the categories that are exported by name; ties go to the
// earlier name, so that the order of the file does not matter.
func frequent(categories []string, counts []int64, all int64) []bool {
	order := every(len(counts))
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(counts[j], counts[i]), cmp.Compare(categories[i], categories[j]))
	})
	keep := make([]bool, len(counts))
	for _, i := range order[:min(len(order), keptCategories)] {
		keep[i] = !isRare(counts[i], all)
	}
	return keep
}

func isRare(count, all int64) bool {
	return float64(count)*rare < float64(all)
}

// end is the fine bin behind run i.
func end(starts []int, i, n int) int {
	if i+1 < len(starts) {
		return starts[i+1]
	}
	return n
}

// spread maps each of n fine bins to its run.
func spread(starts []int, n int) []uint8 {
	coarse := make([]uint8, 0, n+4)
	for i, from := range starts {
		for range end(starts, i, n) - from {
			coarse = append(coarse, code(i))
		}
	}
	return coarse
}

// split checks counts of n fine bins, with or without the four codes that
// follow, and returns those of the bins and the sum of all.
func split(counts []int64, n int) (own []int64, all int64, err error) {
	if len(counts) != n && len(counts) != n+4 {
		return nil, 0, fmt.Errorf("%d counts for %d bins", len(counts), n)
	}
	for i, c := range counts {
		if c < 0 {
			return nil, 0, fmt.Errorf("count %d is %d", i, c)
		}
	}
	return counts[:n], total(counts), nil
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

// code narrows an index of a fine code or an exported bin, at most 204.
func code(i int) uint8 {
	return uint8(i)
}
