package reference

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// binned is how a number's bins are chosen.
type binned uint8

const (
	discreteIfFew binned = iota // one bin a value, when few values repeat
	rangesIfFew                 // a range around each value, when few values repeat
	everyRange                  // quantiles
)

// numbers makes a numeric feature of merged cells, with at most fine quantile bins, or
// one bin for each value when few values repeat.
func (t *Tally) numbers(fine int, how binned) Feature {
	f := Feature{Name: t.Name, Type: Numeric, Min: math.NaN(), Max: math.NaN()}
	values, counts := make([]float64, len(t.Cells)), make([]int64, len(t.Cells))
	for i := range t.Cells {
		values[i], counts[i] = t.Cells[i].Number, t.Cells[i].Rows
	}
	if len(values) > 0 {
		f.Min, f.Max = values[0], values[len(values)-1]
	}
	few := how != everyRange && drift.Discrete(counts)
	var cuts []float64
	if kept := t.keptValues(); kept != nil {
		f.Values, cuts = kept, kept[1:]
		f.Min, f.Max = kept[0], kept[len(kept)-1]
	} else if cuts = t.keptEdges(); cuts != nil {
		f.Edges = cuts
	} else {
		switch {
		case few && how == discreteIfFew:
			f.Values, cuts = values, values[1:]
		case few && len(values) > 1:
			cuts = halfway(values)
			f.Edges = cuts
		default:
			f.Edges = drift.QuantileEdgesOfCounts(values, counts, fine)
			cuts = f.Edges
		}
	}
	f.count(t.Cells, cuts)
	f.addOutcomes(t, func(i int) int { return atMost(cuts, t.Cells[i].Number) })
	return f
}

// halfway are the numbers half-way between neighbours: so a number that is a little off
// a value, on either side, as when it was rounded to 32 bits, is in the range of it.
func halfway(values []float64) []float64 {
	cuts := make([]float64, len(values)-1)
	for i := range cuts {
		// Rounding must leave the value below on its side.
		cuts[i] = max(values[i]/2+values[i+1]/2, math.Nextafter(values[i], math.Inf(1)))
	}
	return cuts
}

// count fills Count and the sums from cells in ascending order.
func (f *Feature) count(cells []Cell, cuts []float64) {
	bins := len(cuts) + 1
	f.Count, f.Sum, f.SumOfSquares = make([]int64, bins), make([]float64, bins), make([]float64, bins)
	at := 0
	for b := range bins {
		var values, squares sum
		for ; at < len(cells) && (b == len(cuts) || cells[at].Number < cuts[b]); at++ {
			x, n := cells[at].Number, cells[at].Rows
			f.Count[b] += n
			values.add(x, n)
			squares.add(x*x, n)
		}
		f.Sum[b], f.SumOfSquares[b] = values.total, squares.total
	}
	// Squares of numbers beyond 1e154 overflow; then the sums are unknown.
	if slices.ContainsFunc(slices.Concat(f.Sum, f.SumOfSquares), func(s float64) bool { return math.IsNaN(s - s) }) {
		f.Sum, f.SumOfSquares = nil, nil
	}
}

// sum adds numbers and carries what each addition rounds off, so that sums of
// decimals stay short decimals (Kahan, W. (1965), "Further Remarks on Reducing
// Truncation Errors", Communications of the ACM 8 (1): 40).
type sum struct{ total, lost float64 }

// add adds x n times: the product, and what it rounds off.
func (s *sum) add(x float64, n int64) {
	product := x * float64(n)
	s.addOnce(product)
	if n > 1 {
		s.addOnce(math.FMA(x, float64(n), -product))
	}
}

func (s *sum) addOnce(x float64) {
	x -= s.lost
	t := s.total + x
	s.lost = (t - s.total) - x
	s.total = t
}

// atMost is the number of ascending cuts <= x.
func atMost(cuts []float64, x float64) int {
	i, equal := slices.BinarySearch(cuts, x)
	if equal {
		i++
	}
	return i
}
