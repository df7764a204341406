package reference

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Axis returns where the numbers of the feature are. It returns nil for categories and if the
// reference contains no number. A Wasserstein distance also needs places on the axis. There are
// places if the feature has single values, or sums and sums of squares by bin.
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

// places returns the means of the bins in ascending order, or nil if they are unknown. The place
// of a bin without rows is its middle, or the inner edge or the extreme for an outer bin. Sums
// are rounded, so a mean is moved back into its bin if needed.
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

// bounds returns the ends of a range. The ends of the outer ranges are the extremes, or infinite
// if they are unknown.
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

// deviation returns the standard deviation of the numbers. It combines the deviation of the bin
// means from the mean of all, and the deviation of the numbers in each bin from the bin's mean.
// The difference of the sum of squares and the square of the sum is computed for each bin. So
// little is lost to rounding, even if the numbers are far from 0 and close together. The range of
// a bin limits its deviation.
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
