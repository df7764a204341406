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
	rangesIfFew                 // a range from each value to the next, when few values repeat
	everyRange                  // quantiles
)

// numbers counts a numeric column into at most fine quantile bins, or one bin
// for each value when few values repeat.
func numbers(name string, column []float64, outcomes []outcome, fine int, how binned) Feature {
	sorted := finite(column)
	f := Feature{
		Name: name, Type: Numeric, Missing: int64(len(column) - len(sorted)),
		Min: math.NaN(), Max: math.NaN(),
	}
	if len(sorted) > 0 {
		f.Min, f.Max = sorted[0], sorted[len(sorted)-1]
	}
	values, counts := distinct(sorted, drift.MaxValues)
	var cuts []float64
	switch few := how != everyRange && drift.Discrete(counts); {
	case few && how == discreteIfFew:
		f.Values, cuts = values, values[1:]
	case few && len(values) > 1:
		f.Edges, cuts = values[1:], values[1:]
	default:
		f.Edges = drift.QuantileEdges(sorted, fine)
		cuts = f.Edges
	}
	f.count(sorted, cuts)
	f.judge(outcomes, func(row int) int {
		if x := column[row]; !math.IsNaN(x - x) {
			return atMost(cuts, x)
		}
		return -1
	})
	return f
}

// distinct are the distinct values of an ascending sample and their counts, nil when
// there are none or more than most.
func distinct(sorted []float64, most int) (values []float64, counts []int64) {
	for _, x := range sorted {
		if len(values) > 0 && x == values[len(values)-1] {
			counts[len(counts)-1]++
			continue
		}
		if len(values) == most {
			return nil, nil
		}
		values, counts = append(values, x), append(counts, 1)
	}
	return values, counts
}

// count fills Count and the sums from an ascending sample.
func (f *Feature) count(sorted, cuts []float64) {
	bins := len(cuts) + 1
	f.Count, f.Sum, f.SumOfSquares = make([]int64, bins), make([]float64, bins), make([]float64, bins)
	at := 0
	for b := range bins {
		var values, squares sum
		from := at
		for at < len(sorted) && (b == len(cuts) || sorted[at] < cuts[b]) {
			values.add(sorted[at])
			squares.add(sorted[at] * sorted[at])
			at++
		}
		f.Count[b], f.Sum[b], f.SumOfSquares[b] = int64(at-from), values.total, squares.total
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

func (s *sum) add(x float64) {
	x -= s.lost
	t := s.total + x
	s.lost = (t - s.total) - x
	s.total = t
}

// judge fills Correct and Labelled; bin is negative for rows in no bin.
func (f *Feature) judge(outcomes []outcome, bin func(row int) int) {
	if len(outcomes) == 0 {
		return
	}
	f.Correct, f.Labelled = make([]int64, len(f.Count)), make([]int64, len(f.Count))
	for _, o := range outcomes {
		b := bin(o.row)
		if b < 0 {
			continue
		}
		f.Labelled[b]++
		if o.right {
			f.Correct[b]++
		}
	}
}

// atMost is the number of ascending cuts <= x.
func atMost(cuts []float64, x float64) int {
	i, equal := slices.BinarySearch(cuts, x)
	if equal {
		i++
	}
	return i
}
