package drift

import "math"

// Axis holds the fine bins of a reference's numbers in their order: what the
// distances need that compare where numbers lie, and not only which bin they are
// in. Immutable and safe for concurrent use.
//
// A nil Axis is that of a feature without an order: its distances are NaN. Others
// know numbers only: rows without a value, and numbers between the values of
// a discrete feature, have no place on it and are left out on both sides.
type Axis struct {
	fine int
	// upTo is the share of the reference's numbers in the fine bins up to this one.
	upTo []float64
	// width is the distance, in standard deviations of the reference, from what
	// is below its minimum to the first fine bin, from each bin to the next, and
	// from the last to what is above the maximum; nil when unknown.
	width []float64
}

// NewAxis returns the axis of fine bins with these reference counts, at least one
// of them above 0. Places are where the numbers of each bin lie, such as their
// mean, ascending; lo and hi are where a number below or above the reference's
// extremes is taken to lie, not behind the first place and not before the last;
// deviation is the standard deviation of the reference's numbers, in the same
// unit. Without places, or with a deviation that is not above 0 and finite,
// [Axis.Wasserstein] is NaN.
func NewAxis(counts []int64, places []float64, lo, hi, deviation float64) *Axis {
	a := &Axis{fine: len(counts), upTo: make([]float64, len(counts))}
	n, sum := total(counts), int64(0)
	for b, c := range counts {
		sum += c
		a.upTo[b] = float64(sum) / float64(n)
	}
	if places == nil || !(deviation > 0) || math.IsInf(deviation, 0) {
		return a
	}
	a.width = make([]float64, 0, len(places)+1)
	from := lo
	for _, to := range places {
		a.width = append(a.width, (to-from)/deviation)
		from = to
	}
	a.width = append(a.width, (hi-from)/deviation)
	return a
}

// numbers is how many rows of a window lie on the axis. Window is by fine code.
func (a *Axis) numbers(window []int64) int64 {
	if a == nil {
		return 0
	}
	return total(window[:a.fine]) + window[a.fine+2] + window[a.fine+3]
}

// KolmogorovSmirnov returns the distance of Kolmogorov and Smirnov [1] of a
// window, given by fine code, from the reference: the greatest difference of the
// shares of numbers below any point, from 0 to 1. Points are the edges of the
// fine bins and the reference's extremes, so it is a lower bound of the distance
// of the numbers themselves: with 200 fine bins of equal share short by at most
// .005, the share of one bin, and .001 on average. Of discrete numbers it is exact.
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
	sum, share := window[a.fine+2], 1/float64(n) // below
	greatest := float64(sum) * share
	for b, p := range a.upTo {
		sum += window[b]
		if d := math.Abs(float64(sum)*share - p); d > greatest {
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
// half when three in four do. Without drift sampling alone makes it some .03, and
// what is lost of that is 3 to 20 %. Of discrete numbers it is exact but for those
// beyond the extremes.
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
	sum, share := window[a.fine+2], 1/float64(n) // below
	area := float64(sum) * share * a.width[0]
	for b, p := range a.upTo {
		sum += window[b]
		area += math.Abs(float64(sum)*share-p) * a.width[b+1]
	}
	return area
}
