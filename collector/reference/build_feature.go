package reference

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// binned says how the bins of a number are chosen.
type binned uint8

const (
	discreteIfFew binned = iota // one bin a value, when few values repeat
	rangesIfFew                 // a range from each value to the next, when few values repeat
	everyRange                  // quantiles
)

// numbers makes a numeric feature from ordered cells. It has at most "fine" quantile bins, or one
// bin for each value if there are few values that repeat. It reads the cells twice.
func (t *Tally) numbers(fine int, how binned) Feature {
	f := Feature{Name: t.Name, Type: Numeric, Min: math.NaN(), Max: math.NaN()}
	few := t.fewNumbers(&f, fine)
	discrete := how != everyRange && drift.Discrete(few.counts)
	kept, edges := t.keptValues(), t.keptEdges()
	switch {
	case kept != nil:
		f.Values, edges = kept, kept[1:]
		f.Min, f.Max = kept[0], kept[len(kept)-1]
	case edges != nil:
		f.Edges = edges
	case discrete && how == discreteIfFew:
		f.Values, edges = few.values, few.values[1:]
	case discrete && len(few.values) > 1:
		edges = halfway(few.values)
		f.Edges = edges
	default:
		f.Edges = f.countQuantiles(t, few.quantiles)
		return f
	}
	f.countRanges(t, edges)
	return f
}

// halfway returns the numbers half-way between neighbours. So a number that differs slightly from
// a value, for example after rounding to 32 bits, is still in the range of that value.
func halfway(values []float64) []float64 {
	cuts := make([]float64, len(values)-1)
	for i := range cuts {
		// Rounding must leave the value below on its side.
		cuts[i] = max(values[i]/2+values[i+1]/2, math.Nextafter(values[i], math.Inf(1)))
	}
	return cuts
}

// fewNumbers contains the first values of a number with their rows, and finds its quantiles.
type fewNumbers struct {
	values    []float64
	counts    []int64
	quantiles *drift.Quantiles
}

// fewNumbers reads the cells once and fills in the extremes.
func (t *Tally) fewNumbers(f *Feature, fine int) fewNumbers {
	few := fewNumbers{quantiles: drift.NewQuantiles(fine)}
	for c := range t.cells() {
		if few.values == nil {
			f.Min = c.Number
		}
		f.Max = c.Number
		few.quantiles.Add(c.Number, c.Rows)
		if len(few.values) <= drift.MaxValues {
			few.values, few.counts = append(few.values, c.Number), append(few.counts, c.Rows)
		}
	}
	return few
}

// countQuantiles counts the cells into quantile bins and returns the edges of the bins.
func (f *Feature) countQuantiles(t *Tally, q *drift.Quantiles) (edges []float64) {
	bins := f.newBins(t)
	for c := range t.cells() {
		for _, edge := range q.Edges(c.Number, c.Rows) {
			edges = append(edges, edge)
			bins.next()
		}
		bins.add(&c)
	}
	for _, edge := range q.LastEdges() {
		edges = append(edges, edge)
		bins.next()
	}
	bins.end()
	return edges
}

// countRanges counts the cells into bins with these edges.
func (f *Feature) countRanges(t *Tally, edges []float64) {
	bins := f.newBins(t)
	for c := range t.cells() {
		for ; len(edges) > 0 && c.Number >= edges[0]; edges = edges[1:] {
			bins.next()
		}
		bins.add(&c)
	}
	for range edges {
		bins.next()
	}
	bins.end()
}

// bins fills in the counts and the sums of a feature, one bin after the other.
type bins struct {
	f               *Feature
	judged          bool
	cell            Cell // of all in the bin
	values, squares sum
}

func (f *Feature) newBins(t *Tally) *bins { return &bins{f: f, judged: t.HasOutcomes} }

func (b *bins) add(c *Cell) {
	b.cell.Rows += c.Rows
	b.cell.Labelled += c.Labelled
	b.cell.Correct += c.Correct
	b.values.add(c.Number, c.Rows)
	b.squares.add(c.Number*c.Number, c.Rows)
}

// next ends a bin.
func (b *bins) next() {
	f := b.f
	f.Count = append(f.Count, b.cell.Rows)
	f.Sum, f.SumOfSquares = append(f.Sum, b.values.total), append(f.SumOfSquares, b.squares.total)
	if b.judged {
		f.Correct, f.Labelled = append(f.Correct, b.cell.Correct), append(f.Labelled, b.cell.Labelled)
	}
	b.cell, b.values, b.squares = Cell{}, sum{}, sum{}
}

// end ends the last bin.
func (b *bins) end() {
	b.next()
	f := b.f
	// Squares of numbers beyond 1e154 overflow. Then the sums are unknown.
	if slices.ContainsFunc(slices.Concat(f.Sum, f.SumOfSquares), func(s float64) bool { return math.IsNaN(s - s) }) {
		f.Sum, f.SumOfSquares = nil, nil
	}
}

// sum adds numbers and keeps what each addition rounds off, so that sums of decimals stay short
// decimals (Kahan, W. (1965), "Further Remarks on Reducing Truncation Errors", Communications of
// the ACM 8 (1): 40).
type sum struct{ total, lost float64 }

// add adds x n times: the product and its rounding error.
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
