package reference

import (
	"cmp"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// numbers counts a numeric column into at most fine quantile bins, or one bin
// for each value when there are at most few.
func numbers(name string, column []float64, outcomes []outcome, fine, few int) Feature {
	sorted := finite(column)
	f := Feature{
		Name: name, Type: Numeric, Missing: int64(len(column) - len(sorted)),
		Min: math.NaN(), Max: math.NaN(),
	}
	if len(sorted) > 0 {
		f.Min, f.Max = sorted[0], sorted[len(sorted)-1]
	}
	cuts := distinct(sorted, few)
	if cuts != nil && drift.Discrete(times(sorted)) {
		f.Values = cuts
		cuts = cuts[1:]
	} else {
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

// distinct are the distinct values of an ascending sample, nil when there are
// none or more than few.
func distinct(sorted []float64, few int) []float64 {
	var values []float64
	for _, x := range sorted {
		if len(values) > 0 && x == values[len(values)-1] {
			continue
		}
		if len(values) == few {
			return nil
		}
		values = append(values, x)
	}
	return values
}

// times are the counts of the distinct values of an ascending sample.
func times(sorted []float64) []int64 {
	var counts []int64
	for i, x := range sorted {
		if i == 0 || x != sorted[i-1] {
			counts = append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	return counts
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

// categories counts a categorical column, the most frequent first.
func categories(c Column, outcomes []outcome) Feature {
	counts := map[string]int64{}
	f := Feature{Name: c.Name, Type: Categorical, Min: math.NaN(), Max: math.NaN(), Missing: int64(len(c.Texts))}
	c.present(func(_ int, text string) {
		f.Missing--
		if len(text) > longest {
			f.Other++
			return
		}
		counts[text]++
	})
	f.Categories = make([]string, 0, len(counts))
	for text := range counts {
		f.Categories = append(f.Categories, text)
	}
	slices.SortFunc(f.Categories, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, text := range f.Categories[min(len(f.Categories), maxBins):] {
		f.Other += counts[text]
	}
	f.Categories = f.Categories[:min(len(f.Categories), maxBins)]
	f.Count = make([]int64, len(f.Categories))
	at := make(map[string]int, len(f.Categories))
	for i, text := range f.Categories {
		at[text], f.Count[i] = i, counts[text]
	}
	bins := make([]int, len(c.Texts))
	for i := range bins {
		bins[i] = -1
	}
	c.present(func(row int, text string) {
		if b, ok := at[text]; ok {
			bins[row] = b
		}
	})
	f.judge(outcomes, func(row int) int { return bins[row] })
	return f
}
