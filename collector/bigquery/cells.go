package bigquery

import (
	"fmt"
	"math"
	"slices"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// cell is one row of the result of a count.
type cell struct {
	bin               int64 // -1 when NULL
	value             float64
	text              string
	hasValue, hasText bool

	n, huge, labelled, correct int64
	total, squares, low, high  float64
}

// missing: neither bin, value nor text; other: a text or value that was not kept.
func (c *cell) missing() bool { return !c.hasValue && !c.hasText && c.bin <= 0 }
func (c *cell) other() bool   { return !c.hasValue && !c.hasText && c.bin == 1 }

// cellsOf sorts the rows of a result by column. A row that is not as asked for is
// an error.
func cellsOf(rows [][]bigquery.Value) (map[int][]cell, error) {
	cells := map[int][]cell{}
	for _, row := range rows {
		if len(row) != 12 {
			return nil, fmt.Errorf("a row of the result has %d columns, not 12", len(row))
		}
		v := reader{row: row}
		column := v.whole(0)
		c := cell{bin: -1}
		if row[1] != nil {
			c.bin = v.whole(1)
		}
		if c.hasValue = row[2] != nil; c.hasValue {
			c.value = v.number(2) + 0 // -0 is 0.
		}
		if c.hasText = row[3] != nil; c.hasText {
			c.text = v.text(3)
		}
		c.n, c.huge, c.labelled, c.correct = v.whole(4), v.whole(9), v.whole(10), v.whole(11)
		c.total, c.squares, c.low, c.high = v.number(5), v.number(6), v.number(7), v.number(8)
		if v.err != nil {
			return nil, v.err
		}
		cells[int(column)] = append(cells[int(column)], c)
	}
	return cells, nil
}

// reader takes values out of a row and keeps the first error.
type reader struct {
	row []bigquery.Value
	err error
}

func (r *reader) whole(i int) int64 {
	n, ok := r.row[i].(int64)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a whole number", i, r.row[i])
	}
	return n
}

// number is NaN for NULL.
func (r *reader) number(i int) float64 {
	if r.row[i] == nil {
		return math.NaN()
	}
	x, ok := r.row[i].(float64)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a number", i, r.row[i])
	}
	return x
}

func (r *reader) text(i int) string {
	s, ok := r.row[i].(string)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a text", i, r.row[i])
	}
	return s
}

// numbers makes a feature of the cells of a number: binned by edges, or when they
// are nil by its values, of which at most few are kept single. It returns false
// when there are too many values to count them one by one.
func numbers(name string, cells []cell, edges []float64, few int, judged bool) (reference.Feature, bool) {
	f := reference.Feature{Name: name, Type: reference.Numeric, Min: math.NaN(), Max: math.NaN(), Edges: edges}
	bin := func(c *cell) int { return int(c.bin) }
	if edges == nil {
		if slices.ContainsFunc(cells, func(c cell) bool { return c.other() }) {
			return f, false
		}
		present := slices.DeleteFunc(slices.Clone(cells), func(c cell) bool { return !c.hasValue })
		slices.SortFunc(present, func(a, b cell) int { return compare(a.value, b.value) })
		values := distinct(present)
		switch {
		case len(values) > fewValues:
			return f, false
		case len(values) > 0 && len(values) <= few:
			f.Values, edges = values, values[1:]
		default:
			edges = quantiles(present, fineBins)
			f.Edges = edges
		}
		bin = func(c *cell) int { return atMost(edges, c.value) }
	}
	bins := len(edges) + 1
	f.Count, f.Sum, f.SumOfSquares = make([]int64, bins), make([]float64, bins), make([]float64, bins)
	if judged {
		f.Correct, f.Labelled = make([]int64, bins), make([]int64, bins)
	}
	huge := int64(0)
	for i := range cells {
		c := &cells[i]
		if !c.hasValue && c.bin < 0 {
			f.Missing += c.n
			continue
		}
		b := bin(c)
		f.Count[b] += c.n
		if c.huge < c.n {
			f.Sum[b] += c.total
			f.SumOfSquares[b] += c.squares
		}
		if judged {
			f.Labelled[b] += c.labelled
			f.Correct[b] += c.correct
		}
		huge += c.huge
		if !(f.Min <= c.low) {
			f.Min = c.low + 0
		}
		if !(f.Max >= c.high) {
			f.Max = c.high + 0
		}
	}
	if huge > 0 {
		f.Sum, f.SumOfSquares = nil, nil // Not known.
	}
	return f, true
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// distinct are the values of ascending cells.
func distinct(sorted []cell) []float64 {
	var values []float64
	for i := range sorted {
		if len(values) == 0 || sorted[i].value > values[len(values)-1] {
			values = append(values, sorted[i].value)
		}
	}
	return values
}

// quantiles returns what drift.QuantileEdges does, of ascending values each of
// which is there n times.
func quantiles(sorted []cell, k int) []float64 {
	rows := int64(0)
	for i := range sorted {
		rows += sorted[i].n
	}
	edges := []float64{}
	if rows == 0 {
		return edges
	}
	at, upTo := 0, sorted[0].n
	for i := 1; i < k; i++ {
		for rank := int64(i) * rows / int64(k); rank >= upTo; {
			at++
			upTo += sorted[at].n
		}
		if e := sorted[at].value; len(edges) == 0 || e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	return edges
}

// atMost is the number of ascending cuts <= x.
func atMost(cuts []float64, x float64) int {
	i, equal := slices.BinarySearch(cuts, x)
	if equal {
		i++
	}
	return i
}

// categories makes a feature of the cells of a category, the most frequent first.
func categories(name string, cells []cell, judged bool) reference.Feature {
	f := reference.Feature{Name: name, Type: reference.Categorical, Min: math.NaN(), Max: math.NaN(), Categories: []string{}}
	kept := slices.DeleteFunc(slices.Clone(cells), func(c cell) bool { return !c.hasText })
	slices.SortFunc(kept, func(a, b cell) int {
		switch {
		case a.n != b.n:
			return compare(float64(b.n), float64(a.n))
		case a.text < b.text:
			return -1
		}
		return 1
	})
	other := int64(0)
	for i := range cells {
		switch c := &cells[i]; {
		case c.other():
			other += c.n
		case c.missing():
			f.Missing += c.n
		}
	}
	for i := range kept {
		c := &kept[i]
		if i >= fineBins {
			other += c.n
			continue
		}
		f.Categories, f.Count = append(f.Categories, c.text), append(f.Count, c.n)
		if judged {
			f.Labelled, f.Correct = append(f.Labelled, c.labelled), append(f.Correct, c.correct)
		}
	}
	if other > 0 {
		f.Rare = &drift.Rare{Count: []int64{other}}
	}
	return f
}
