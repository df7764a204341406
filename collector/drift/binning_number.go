package drift

import (
	"errors"
	"math"
)

// NewContinuous bins numbers by ascending finite inner fine edges, at most 199. The code of x is
// the number of edges <= x. counts are the counts of the reference, one more than edges. The
// numbers of rows without a value and with an invalid value may follow. Then shares are shares of
// all rows. lo and hi are the extremes of the reference, NaN if unknown. A number outside is
// below or above, and counts in the first or last exported bin.
//
// An edge v followed by the next float64 makes a fine bin that contains v alone. If this bin has
// more than 1/(2 Count) of the numbers, and more than one number, it is an atom: an exported bin
// of its own. The numbers between atoms are cut into k quantiles of the rest. k is Count less the
// number of atoms, or more so that no bin has more than a share of 1/Count. Exported edge i is
// the lower edge of the fine bin that contains rank floor(i n / k) of the rest's n numbers. So
// without atoms, if Count divides the number of fine quantile bins, the result is the same as
// binning the raw values. The uniform method takes the fine edges nearest to equally spaced
// points.
//
// Bins with less than 0.5 % of the reference are then merged, from left to right into the right
// neighbour, the last one into its left neighbour. An atom is never merged, and bins are not
// merged across an atom.
//
// With quantile bins, a fine bin with more than 1/(2 Count) and 2 % is kept apart like an atom.
// Fine bins from a sample contain .5 to 1 %, so such a bin was chosen, for example by the ranges
// of a flag or the edges of a file made by hand. The values beside it must be visible when they
// become frequent, however rare they are.
func NewContinuous(edges []float64, lo, hi float64, counts []int64, o BinOptions) (*Binning, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkAscending("edges", edges, MaxFine-1); err != nil {
		return nil, err
	}
	own, rest, err := split(counts, len(edges)+1)
	if err != nil {
		return nil, err
	}
	wide := o.Method == Quantile && len(own) < MaxFine
	alone := atoms(own, o.Count, func(bin int) bool { return wide && wideOneIn*own[bin] > total(own) || isPoint(edges, bin) })
	starts := merge(own, cut(own, alone, edges, lo, hi, o), alone, total(counts))
	b := &Binning{fine: len(own), keys: newKeys(edges), lo: math.Inf(-1), hi: math.Inf(1)}
	if !math.IsNaN(lo) {
		b.lo = lo
	}
	if !math.IsNaN(hi) {
		b.hi = hi
	}
	last := uint8(0)
	for i, from := range starts {
		to := end(starts, i, len(own))
		last = b.add(intervalName(edges, from, to), total(own[from:to]))
	}
	b.cells = spread(starts, len(own))
	missing, invalid := b.add(Missing, rest.missing), b.add(Invalid, rest.invalid)
	b.cells = append(b.cells, invalid, missing, invalid, 0, last) // there is no unseen number
	return b, nil
}

// wideOneIn is the inverse of the share from which on a fine bin is no quantile bin of a
// sample.
const wideOneIn = 50

// maxGaps is the largest number of gaps that the codes have room for.
const maxGaps = 125

// gapsOf is the number of gaps between so many values that have a code.
func gapsOf(values int) int {
	if values-1 > maxGaps {
		return 0
	}
	return values - 1
}

// NewDiscrete bins numbers by a few ascending distinct values, at most 200, each
// a fine bin with the reference count of the same index (rows without a value and
// with an invalid one may follow). Any other number is unseen: between two
// values it has the code of the gap, outside them it is below or above, and all
// of them export as __unseen__.
//
// Up to twice o.Count values are exported as they are, however rare. Of more,
// those with more than 1/(2 Count) of the reference are, and the rest is merged
// into ranges of values.
func NewDiscrete(values []float64, counts []int64, o BinOptions) (*Binning, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errors.New("no values")
	}
	if err := checkAscending("values", values, MaxFine); err != nil {
		return nil, err
	}
	own, rest, err := split(counts, len(values))
	if err != nil {
		return nil, err
	}
	starts := every(len(values))
	if len(values) > 2*o.Count {
		alone := atoms(own, o.Count, func(int) bool { return true })
		starts = cut(own, alone, values[1:], values[0], values[len(values)-1], o)
	}
	b := &Binning{
		fine: len(own), gaps: gapsOf(len(values)), keys: newKeys(values),
		discrete: true, lo: values[0], hi: values[len(values)-1],
	}
	own, once := discounted(own)
	for i, from := range starts {
		to := end(starts, i, len(own))
		b.add(runName(values[from], values[to-1]), total(own[from:to]))
	}
	b.cells = spread(starts, len(own))
	unseen := b.add(Unseen, once)
	missing, invalid := b.add(Missing, rest.missing), b.add(Invalid, rest.invalid)
	for range b.gaps + 1 {
		b.cells = append(b.cells, unseen)
	}
	b.cells = append(b.cells, missing, invalid, unseen, unseen)
	return b, nil
}

// discounted removes the rows that new values are expected to have, from all values in
// proportion. Their number is the number of values that occurred once. At most one row in twenty
// is removed, because numbers with more new values are not discrete.
func discounted(counts []int64) (left []int64, once int64) {
	for _, c := range counts {
		if c == 1 {
			once++
		}
	}
	all := total(counts)
	once = min(once, all/20)
	left = make([]int64, len(counts))
	before, taken := int64(0), int64(0)
	for i, c := range counts {
		before += c
		take := int64(math.Round(float64(once)*float64(before)/float64(max(all, 1)))) - taken
		left[i], taken = c-take, taken+take
	}
	return left, once
}
