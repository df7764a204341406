package reference

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Axis returns where the numbers of the feature lie, nil for categories and
// when the reference holds no number. The axis has places, which a Wasserstein
// distance needs, when the feature has single values, or sums and sums of squares
// by bin.
func (f *Feature) Axis() *drift.Axis {
	if f.Type != Numeric || f.Rows() == f.Missing+f.Invalid {
		return nil
	}
	places := f.places()
	if f.Values != nil {
		return drift.NewDiscreteAxis(f.Values, f.Count, f.deviation(places))
	}
	if places == nil {
		return drift.NewAxis(f.Count, nil, 0, 0, 0)
	}
	lo, hi := places[0], places[len(places)-1]
	if !math.IsNaN(f.Min) {
		lo = min(lo, f.Min)
	}
	if !math.IsNaN(f.Max) {
		hi = max(hi, f.Max)
	}
	return drift.NewAxis(f.Count, places, lo, hi, f.deviation(places))
}

// places are the means of the bins, ascending, nil when they are unknown. A bin
// without rows is taken to lie in its middle, or at the inner edge or the extreme
// when it is an outer one. Sums are rounded: a mean never leaves its bin.
func (f *Feature) places() []float64 {
	if f.Values != nil {
		return f.Values
	}
	if f.Sum == nil || f.SumOfSquares == nil {
		return nil
	}
	places := make([]float64, len(f.Count))
	for b, n := range f.Count {
		lo, hi := f.bounds(b)
		switch {
		case n > 0:
			places[b] = min(max(f.Sum[b]/float64(n), lo), hi)
		case math.IsInf(lo, 0):
			places[b] = hi
		case math.IsInf(hi, 0):
			places[b] = lo
		default:
			places[b] = lo + (hi-lo)/2
		}
	}
	// Only a bin without rows beyond an extreme could be out of order.
	for b := 1; b < len(places); b++ {
		places[b] = max(places[b], places[b-1])
	}
	return places
}

// bounds are the ends of a range, those of the outer ranges being the extremes,
// infinite when unknown.
func (f *Feature) bounds(b int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if !math.IsNaN(f.Min) {
		lo = f.Min
	}
	if !math.IsNaN(f.Max) {
		hi = f.Max
	}
	if b > 0 {
		lo = f.Edges[b-1]
	}
	if b < len(f.Edges) {
		hi = f.Edges[b]
	}
	return lo, hi
}

// deviation is the standard deviation of the numbers: of the means around the
// mean of all, and of the numbers in each bin around its mean. Taken bin by bin
// the difference of sum of squares and square of sum loses little to rounding,
// even for numbers that are far from 0 and close together, and a range bounds
// what it can be.
func (f *Feature) deviation(places []float64) float64 {
	var n, mean float64
	for b, c := range f.Count {
		if c > 0 {
			n += float64(c)
			mean += (places[b] - mean) * float64(c) / n
		}
	}
	squares := 0.0
	for b, c := range f.Count {
		d := places[b] - mean
		squares += float64(c) * d * d
		if f.Values == nil && c > 0 {
			lo, hi := f.bounds(b)
			within := f.SumOfSquares[b] - f.Sum[b]*f.Sum[b]/float64(c)
			squares += min(max(within, 0), float64(c)*(hi-lo)*(hi-lo)/4)
		}
	}
	return math.Sqrt(squares / n)
}
