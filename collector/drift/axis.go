package drift

import (
	"math"
	"slices"
)

// Axis holds the fine bins of a reference's numbers in their order: what the
// distances need that compare where numbers lie, and not only which bin they are
// in. Immutable and safe for concurrent use.
//
// A nil Axis is that of a feature without an order: its distances are NaN. Others
// know numbers only: rows without a valid value have no place on it and are left out
// on both sides, and so are numbers between more than 126 discrete values, whose
// gaps have no codes.
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

// NewAxis returns the axis of the fine bins of [NewContinuous] with these reference
// counts, at least one of them above 0. Places are where the numbers of each bin
// lie, such as their mean, ascending; lo and hi are where a number below or above
// the reference's extremes is taken to lie, not behind the first place and not
// before the last; deviation is the standard deviation of the reference's numbers,
// in the same unit. Without places, or with a deviation that is not above 0 and
// finite, [Axis.Wasserstein] is NaN.
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

// numbers is how many rows of a window lie on the axis. Window is by fine code.
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

// KolmogorovSmirnov returns the distance of Kolmogorov and Smirnov [1] of a
// window, given by fine code, from the reference: the greatest difference of the
// shares of numbers below any point, from 0 to 1. Points are the edges of the
// fine bins and the reference's extremes, so it is a lower bound of the distance
// of the numbers themselves: with 200 fine bins of equal share short by at most
// .005, the share of one bin, and .001 on average. Of discrete numbers it is exact, also
// where numbers of the window lie between them.
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

// Wasserstein returns the Wasserstein distance of order 1 [1] of a window, given
// by fine code, from the reference, in standard deviations of the reference: the
// area between the two distribution functions, and how far the numbers have to be
// moved on average to turn one into the other. A shift of everything by half a
// standard deviation is 0.5.
//
// A number of the window is taken to lie where the reference's numbers of its
// fine bin lie on average, one beyond the reference's extremes at the extreme:
// windows keep no values. Against scipy.stats.wasserstein_distance of the numbers
// themselves, 1000 against 100,000 in 200 fine bins, it is too small by up to 1 %
// on average when normal numbers are shifted by .2 to 1 standard deviations, 2 %
// when lognormal ones are, 5 % of Pareto's; by 13 % for normal numbers shifted by
// 3; and by a sixth when two in five lie below all of a lognormal reference, by a
// half when three in four do. Without drift sampling alone makes it about .03, and
// what is lost of that is 3 to 20 %. Of discrete numbers it is exact, but that those
// between two of the reference's values are taken to lie in their middle, and those
// beyond the extremes at the extreme.
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
