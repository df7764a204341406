package drift

import (
	"math"
	"slices"
)

// Axis has the fine bins of a reference's numbers in order, for distances that use the
// positions of numbers and not only their bins. It is immutable and safe for concurrent use.
//
// A nil Axis stands for a feature without an order: its distances are NaN. An Axis has
// numbers only. Rows without a valid value are left out on both sides. So are numbers
// between the values of a feature with more than 126 discrete values, whose gaps have no
// codes.
type Axis struct {
	// code is the fine code of each point of the axis: below the reference's
	// minimum, its fine bins with the gaps between them, above its maximum.
	code []uint8
	// upTo is the share of the reference's numbers up to each point.
	upTo []float64
	// width is the distance, in standard deviations of the reference, from each
	// point to the next; nil when unknown.
	width []float64
}

// NewAxis returns the axis of the fine bins of [NewContinuous] with these reference counts,
// at least one of them above 0. Places are the positions of the bins, such as the mean of
// their numbers, ascending. lo and hi are the positions for numbers below and above the
// reference's extremes; they must not be inside the places. Deviation is the standard
// deviation of the reference's numbers. Without places, or with a deviation that is not
// above 0 and finite, [Axis.Wasserstein] is NaN.
func NewAxis(counts []int64, places []float64, lo, hi, deviation float64) *Axis {
	b := Binning{fine: len(counts)}
	a := &Axis{}
	a.add(b.Below(), 0)
	for i, c := range counts {
		a.add(code(i), c)
	}
	a.add(b.Above(), 0)
	if places != nil {
		places = slices.Concat([]float64{lo}, places, []float64{hi})
	}
	a.measure(total(counts), places, deviation)
	return a
}

// NewDiscreteAxis returns the axis of the values of [NewDiscrete]. A number between
// two of them is taken to lie in their middle, one outside at the first or the last.
func NewDiscreteAxis(values []float64, counts []int64, deviation float64) *Axis {
	b := Binning{fine: len(values), gaps: gapsOf(len(values))}
	first, _ := b.Gaps()
	a := &Axis{}
	a.add(b.Below(), 0)
	places := []float64{values[0]}
	for i, v := range values {
		a.add(code(i), counts[i])
		places = append(places, v)
		if i < b.gaps {
			a.add(first+code(i), 0)
			places = append(places, v/2+values[i+1]/2)
		}
	}
	a.add(b.Above(), 0)
	a.measure(total(counts), append(places, values[len(values)-1]), deviation)
	return a
}

// add appends a point with a number of the reference's rows.
func (a *Axis) add(code uint8, rows int64) {
	a.code = append(a.code, code)
	if n := len(a.upTo); n > 0 {
		rows += int64(a.upTo[n-1])
	}
	a.upTo = append(a.upTo, float64(rows))
}

// measure turns rows into shares and places into widths.
func (a *Axis) measure(rows int64, places []float64, deviation float64) {
	for i := range a.upTo {
		a.upTo[i] /= float64(rows)
	}
	if places == nil || !(deviation > 0) || math.IsInf(deviation, 0) {
		return
	}
	a.width = make([]float64, len(places))
	for i, to := range places[1:] {
		a.width[i] = (to - places[i]) / deviation
	}
}

// numbers returns the number of rows of a window, given by fine code, that are on the axis.
func (a *Axis) numbers(window []int64) int64 {
	if a == nil {
		return 0
	}
	n := int64(0)
	for _, c := range a.code {
		n += window[c]
	}
	return n
}

// KolmogorovSmirnov returns the distance of Kolmogorov and Smirnov [1] between a window, given
// by fine code, and the reference. It is the greatest difference between the shares of numbers
// below any point, from 0 to 1. Points are the edges of the fine bins and the reference's
// extremes. So it is a lower bound of the distance of the numbers themselves. With 200 fine
// bins of equal share it is too small by at most .005, the share of one bin, and by .001 on
// average. For discrete numbers it is exact, including window numbers between two of them.
//
// It is NaN when the window holds no number. O(fine bins), 0.3 us for 200, no
// allocation.
//
// [1] Smirnov, N. (1948). "Table for Estimating the Goodness of Fit of Empirical
// Distributions". Annals of Mathematical Statistics 19 (2): 279-281.
func (a *Axis) KolmogorovSmirnov(window []int64) float64 {
	n := a.numbers(window)
	if n == 0 {
		return math.NaN()
	}
	sum, share, greatest := int64(0), 1/float64(n), 0.0
	for i, c := range a.code {
		sum += window[c]
		if d := math.Abs(float64(sum)*share - a.upTo[i]); d > greatest {
			greatest = d
		}
	}
	return min(greatest, 1)
}

// Wasserstein returns the Wasserstein distance of order 1 [1] between a window, given by fine
// code, and the reference, in standard deviations of the reference. It is the area between the
// two distribution functions, and the average distance by which numbers must be moved to turn
// one distribution into the other. When all numbers move by half a standard deviation, it is
// 0.5.
//
// Windows do not store values, so a number of the window counts as the mean of the
// reference's numbers in its fine bin, and a number beyond the reference's extremes as the
// extreme. Compared with scipy.stats.wasserstein_distance of the numbers themselves (1000
// against 100,000 in 200 fine bins) it is too small: on average by up to 1 % for normal
// numbers shifted by .2 to 1 standard deviations, by 2 % for lognormal ones, by 5 % for
// Pareto's; by 13 % for normal numbers shifted by 3; by a sixth when two in five numbers are
// below all of a lognormal reference, and by a half when three in four are. Without drift it
// is about .03 from sampling alone, and 3 to 20 % of that are lost. For discrete numbers it
// is exact, except for numbers between two of the reference's values, which count as their
// middle, and numbers beyond the extremes, which count as the extreme.
//
// It is at least 0, and NaN when the window holds no number, when the places of
// the reference's numbers are unknown, and when the reference is constant. O(fine
// bins), 0.3 us for 200, no allocation.
//
// [1] Vallender, S. S. (1974). "Calculation of the Wasserstein Distance Between
// Probability Distributions on the Line". Theory of Probability and its
// Applications 18 (4): 784-786.
func (a *Axis) Wasserstein(window []int64) float64 {
	n := a.numbers(window)
	if n == 0 || a.width == nil {
		return math.NaN()
	}
	sum, share, area := int64(0), 1/float64(n), 0.0
	for i, c := range a.code {
		sum += window[c]
		area += math.Abs(float64(sum)*share-a.upTo[i]) * a.width[i]
	}
	return area
}
