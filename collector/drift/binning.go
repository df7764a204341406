package drift

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	// MaxFine is the largest number of fine bins of one feature. With the four
	// codes that follow them, a code fits one byte.
	MaxFine = 200
	// Other and Missing are the labels of the exported bins for values the
	// reference does not know and for no value at all.
	Other   = "__other__"
	Missing = "__missing__"
	// Quantile and Uniform are the methods of BinOptions.
	Quantile = "quantile"
	Uniform  = "uniform"
)

// BinOptions says how fine bins are merged to the exported bins of numbers.
type BinOptions struct {
	// Count is the number of exported bins aimed at, 1 to 200; 0 is 10. Ties and
	// rare bins make it fewer.
	Count int
	// Method is "quantile" (bins of equal mass in the reference) or "uniform"
	// (of equal width); empty is "quantile". Quantile bins have the same power
	// whatever the shape of the feature; uniform ones go blind on skewed
	// amounts, and are better only for far outliers.
	Method string
}

// WithDefaults returns o with zero values replaced, or an error that names the
// option that cannot be used.
func (o BinOptions) WithDefaults() (BinOptions, error) {
	if o.Count == 0 {
		o.Count = 10
	}
	if o.Method == "" {
		o.Method = Quantile
	}
	if o.Count < 1 || o.Count > MaxFine {
		return o, fmt.Errorf("%d bins: choose 1 to %d", o.Count, MaxFine)
	}
	if o.Method != Quantile && o.Method != Uniform {
		return o, fmt.Errorf("binning method %q: choose %q or %q", o.Method, Quantile, Uniform)
	}
	return o, nil
}

// Binning maps the values of one feature to fine codes, and fine codes to the
// exported bins. With nf fine bins the codes are 0 .. nf-1, then other, missing,
// below and above. The exported bins are merges of fine bins, then (for
// categories and discrete numbers) other, then missing. A Binning is immutable
// and safe for concurrent use.
type Binning struct {
	fine       int
	keys       *keys            // numbers
	discrete   bool             // a number must equal one of the keys
	lo, hi     float64          // beyond is below, above; infinite when unknown
	categories map[string]uint8 // categories
	bins       []string
	coarse     []uint8 // exported bin by fine code
}

// NewContinuous bins numbers by ascending finite inner fine edges, at most 199:
// the code of x is the number of edges <= x. counts are the reference's, one
// more than edges; the counts of the four codes after them may follow, and then
// shares are of all rows. lo and hi are the reference's extremes, NaN when
// unknown: a number outside is below or above, and counts in the first or last
// exported bin.
//
// Exported edge i of the quantile method is the lower edge of the fine bin that
// holds rank floor(i n / Count), so that whenever Count divides the number of
// fine quantile bins the result is the same as binning the raw values. The
// uniform method takes the fine edges nearest to equally spaced points. Bins
// with less than 0.5 % of the reference are then merged, from left to right into
// the right neighbour, the last into its left.
func NewContinuous(edges []float64, lo, hi float64, counts []int64, o BinOptions) (*Binning, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkAscending("edges", edges, MaxFine-1); err != nil {
		return nil, err
	}
	own, all, err := split(counts, len(edges)+1)
	if err != nil {
		return nil, err
	}
	starts := merge(own, quantileStarts(own, o.Count), all)
	if o.Method == Uniform {
		starts = merge(own, uniformStarts(edges, lo, hi, o.Count), all)
	}
	b := &Binning{fine: len(own), keys: newKeys(edges), lo: math.Inf(-1), hi: math.Inf(1)}
	if !math.IsNaN(lo) {
		b.lo = lo
	}
	if !math.IsNaN(hi) {
		b.hi = hi
	}
	for i, from := range starts {
		b.bins = append(b.bins, intervalLabel(edges, from, end(starts, i, len(own))))
	}
	last := len(b.bins) - 1
	b.bins = append(b.bins, Missing)
	b.coarse = append(spread(starts, len(own)), code(last+1), code(last+1), 0, code(last))
	return b, nil
}

// NewDiscrete bins numbers by a few ascending distinct values, at most 200, each
// a fine bin with the reference count of the same index (the counts of the four
// codes after them may follow). Numbers between two values are other, numbers
// outside them below or above; all three export as other. Up to twice o.Count
// values are exported as they are, more are merged into Count ranges of values,
// and values with less than 0.5 % of the reference join their right neighbour.
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
	own, all, err := split(counts, len(values))
	if err != nil {
		return nil, err
	}
	var starts []int
	switch {
	case len(values) <= 2*o.Count:
		starts = every(len(values))
	case o.Method == Uniform:
		starts = uniformStarts(values[1:], values[0], values[len(values)-1], o.Count)
	default:
		starts = quantileStarts(own, o.Count)
	}
	starts = merge(own, starts, all)
	b := &Binning{fine: len(own), keys: newKeys(values), discrete: true, lo: values[0], hi: values[len(values)-1]}
	for i, from := range starts {
		b.bins = append(b.bins, runLabel(values[from], values[end(starts, i, len(own))-1]))
	}
	other := code(len(b.bins))
	b.bins = append(b.bins, Other, Missing)
	b.coarse = append(spread(starts, len(own)), other, other+1, other, other)
	return b, nil
}

// NewCategorical bins text by distinct categories, at most 200, each a fine bin
// with the reference count of the same index (the counts of the four codes
// after them may follow). The 20 most frequent are exported, in the order
// given; the rest, and each with less than 0.5 % of the reference, is other.
func NewCategorical(categories []string, counts []int64) (*Binning, error) {
	own, all, err := split(counts, len(categories))
	if err != nil {
		return nil, err
	}
	return newCategorical(categories, own, frequent(categories, own, all))
}

// NewClasses is NewCategorical for the classes of a model: each is exported,
// however rare.
func NewClasses(classes []string, counts []int64) (*Binning, error) {
	own, _, err := split(counts, len(classes))
	if err != nil {
		return nil, err
	}
	return newCategorical(classes, own, slices.Repeat([]bool{true}, len(classes)))
}

func newCategorical(categories []string, own []int64, keep []bool) (*Binning, error) {
	if len(categories) > MaxFine {
		return nil, fmt.Errorf("%d categories: at most %d", len(categories), MaxFine)
	}
	b := &Binning{fine: len(own), categories: make(map[string]uint8, len(categories))}
	for i, c := range categories {
		if _, ok := b.categories[c]; ok {
			return nil, fmt.Errorf("category %q is there twice", c)
		}
		b.categories[c] = code(i)
		if keep[i] {
			b.coarse = append(b.coarse, code(len(b.bins)))
			b.bins = append(b.bins, categoryLabel(c))
		} else {
			b.coarse = append(b.coarse, math.MaxUint8)
		}
	}
	other := code(len(b.bins))
	for i := range b.coarse {
		b.coarse[i] = min(b.coarse[i], other)
	}
	b.coarse = append(b.coarse, other, other+1, other, other)
	b.bins = append(b.bins, Other, Missing)
	return b, nil
}

// Other is the fine code of a value the reference does not know.
func (b *Binning) Other() uint8 { return code(b.fine) }

// Missing is the fine code of no value: null, absent, NaN, an infinity.
func (b *Binning) Missing() uint8 { return code(b.fine + 1) }

// Below is the fine code of a number below the reference's minimum.
func (b *Binning) Below() uint8 { return code(b.fine + 2) }

// Above is the fine code of a number above the reference's maximum.
func (b *Binning) Above() uint8 { return code(b.fine + 3) }

// Codes is the number of fine codes, at most 204.
func (b *Binning) Codes() int { return b.fine + 4 }

// Numeric reports whether the binning is of numbers, and Category of no use.
func (b *Binning) Numeric() bool { return b.categories == nil }

// Bins are the labels of the exported bins, distinct: "[620,655)",
// "[-Inf,620)" and "[655,+Inf)" for ranges, "15" for a discrete number,
// "[15,20]" for merged ones, the category itself, "__other__", "__missing__". A
// category that looks like one of the last two has one more underscore in
// front. The slice is shared: do not modify it.
func (b *Binning) Bins() []string { return b.bins }

// Bin is the exported bin of a fine code below Codes.
func (b *Binning) Bin(code uint8) int { return int(b.coarse[code]) }

// Fold adds counts by fine code (as many as Codes) to counts by exported bin
// (as many as Bins) and returns the latter. O(Codes), no allocation.
func (b *Binning) Fold(fine, bins []int64) []int64 {
	for c, n := range fine {
		bins[b.coarse[c]] += n
	}
	return bins
}

// Category is the fine code of a category: other when it is unknown. One map
// lookup, no allocation. For a Binning of numbers everything is other.
func (b *Binning) Category(s []byte) uint8 {
	if c, ok := b.categories[string(s)]; ok {
		return c
	}
	return b.Other()
}
