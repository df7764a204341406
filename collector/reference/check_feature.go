package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

const maxBins = drift.MaxFine

func (f *Feature) check() error {
	for _, check := range []func() error{f.checkBins, f.checkCounts, f.checkSums, f.checkExtremes} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkBins compares the number of edges, values or categories with the number of counts.
func (f *Feature) checkBins() error {
	bins := len(f.Count)
	if bins > maxBins {
		return fmt.Errorf("count has %d bins: at most %d, merge some", bins, maxBins)
	}
	switch {
	case f.Type != Numeric:
		if len(f.Categories) != bins {
			return fmt.Errorf("categories has %d entries and count %d: write one count for each", len(f.Categories), bins)
		}
		if err := f.checkCategories(); err != nil || f.Rare == nil {
			return err
		}
		_, err := f.Binning(drift.BinOptions{})
		return err
	case f.Values != nil:
		if len(f.Values) != bins || bins == 0 {
			return fmt.Errorf("values has %d numbers and count %d: write one count for each of at least one value", len(f.Values), bins)
		}
		return checkAscending("values", f.Values)
	case len(f.Edges) == bins+1:
		return fmt.Errorf("edges has %d numbers and count %d: leave out the first and last edge (edges[1:-1] in numpy), the outer bins are open", len(f.Edges), bins)
	case len(f.Edges) != bins-1:
		return fmt.Errorf("edges has %d numbers and count %d: write one edge fewer than counts", len(f.Edges), bins)
	}
	return checkAscending("edges", f.Edges)
}

func checkAscending(key string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v - v) {
			return fmt.Errorf("%s[%d] is %v: must be finite", key, i, v)
		}
		if i > 0 && v <= x[i-1] {
			return fmt.Errorf("%s[%d] is %v after %v: sort them and keep each once (numpy.unique), adding up the counts", key, i, v, x[i-1])
		}
	}
	return nil
}

func (f *Feature) checkCategories() error {
	for i, c := range f.Categories {
		if len(c) > longest {
			return fmt.Errorf("categories[%d] %q... has %d bytes: at most %d, leave it out", i, shorten(c), len(c), longest)
		}
	}
	if f.Type == Boolean && !slices.Equal(f.Categories, []string{"false", "true"}) {
		return fmt.Errorf("categories are %.40q: a boolean has false and true", f.Categories)
	}
	return f.checkRepeated()
}

func (f *Feature) checkRepeated() error {
	seen := map[string]bool{}
	check := func(key string, names []string) error {
		for i, c := range names {
			if seen[c] {
				return fmt.Errorf("%s[%d] %q appears twice: add up its counts", key, i, shorten(c))
			}
			seen[c] = true
		}
		return nil
	}
	err := check("categories", f.Categories)
	if err == nil && f.Rare != nil {
		err = check("rare", f.Rare.Names)
	}
	return err
}

// checkOneBin refuses a single range, because every number is inside it.
func (f *Feature) checkOneBin() error {
	if f.Type == Numeric && f.Values == nil && len(f.Edges) == 0 && len(f.Count) == 1 && f.Count[0] > 0 {
		return errors.New("has one bin, in which every number lies, so that no drift would show: where few values repeat, as with 0 and 1, list them in values, with a count for each")
	}
	return nil
}

func (f *Feature) checkCounts() error {
	if f.Rows() == 0 {
		return errors.New("counts no rows: leave it out, or count some")
	}
	return f.checkOutcomes()
}

func (f *Feature) checkOutcomes() error {
	if (f.Correct == nil) != (f.Labelled == nil) {
		return errors.New("has only one of correct and labelled: write both, or neither")
	}
	for _, l := range []struct {
		key    string
		counts []int64
	}{{"correct", f.Correct}, {"labelled", f.Labelled}} {
		if l.counts != nil && len(l.counts) != len(f.Count) {
			return fmt.Errorf("%s has %d numbers and count %d: write one for each bin", l.key, len(l.counts), len(f.Count))
		}
	}
	for b := range f.Correct {
		if f.Correct[b] > f.Labelled[b] || f.Labelled[b] > f.Count[b] {
			return fmt.Errorf("bin %d: correct (%d) must not exceed labelled (%d), nor that count (%d)", b, f.Correct[b], f.Labelled[b], f.Count[b])
		}
	}
	return nil
}

func (f *Feature) checkSums() error {
	for _, l := range []struct {
		key  string
		sums []float64
	}{{"sum", f.Sum}, {"sum_of_squares", f.SumOfSquares}} {
		if l.sums != nil && len(l.sums) != len(f.Count) {
			return fmt.Errorf("%s has %d numbers and count %d: write one for each bin", l.key, len(l.sums), len(f.Count))
		}
	}
	for b, s := range f.SumOfSquares {
		if s < 0 {
			return fmt.Errorf("sum_of_squares[%d] is %v: squares are at least 0", b, s)
		}
	}
	return nil
}

// checkExtremes compares the extremes with the bins. A number outside the extremes would be out
// of range in the window although it is in the reference.
func (f *Feature) checkExtremes() error {
	if f.Min > f.Max {
		return fmt.Errorf("min is %v and max %v: swap them", f.Min, f.Max)
	}
	if n := len(f.Values); n > 0 && (f.Min != f.Values[0] || f.Max != f.Values[n-1]) {
		return fmt.Errorf("min is %v and max %v, but values go from %v to %v: leave min and max out", f.Min, f.Max, f.Values[0], f.Values[n-1])
	}
	for b, n := range f.Count {
		switch {
		case n == 0:
		case b < len(f.Edges) && f.Edges[b] <= f.Min:
			return fmt.Errorf("min is %v, but count[%d] has %d rows below %v: leave min out, or count again", f.Min, b, n, f.Edges[b])
		case b > 0 && b <= len(f.Edges) && f.Edges[b-1] > f.Max:
			return fmt.Errorf("max is %v, but count[%d] has %d rows from %v up: leave max out, or count again", f.Max, b, n, f.Edges[b-1])
		}
	}
	return nil
}
