package bigquery

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// tally makes the tally of a feature from its cells, by the rules of package value. It returns
// nil for a column that is left out.
func (p *plan) tally(c *column, cells []cell, table *classTable) (*reference.Tally, error) {
	t := &reference.Tally{Name: c.name, Type: c.kind, HasOutcomes: table.known, Kept: c.kept, Ranges: c.asked == value.Numeric}
	if c.edges != nil {
		var err error
		t.Binned, err = binnedBy(c.name, c.edges, cells, table)
		return t, err
	}
	if c.kind == "" {
		kind, err := p.guess(c, valuesOf(c, cells))
		if err != nil || kind == "" {
			return nil, err
		}
		t.Type = kind
	}
	reads := value.Column{Type: t.Type, Missing: p.missing}
	for i := range cells {
		cell := &cells[i]
		labelled, correct := table.count(cell)
		v := value.Value{Kind: value.Missing}
		switch {
		case !cell.known:
		case c.number && t.Type == value.Numeric:
			v = value.Value{Kind: reads.KindOf(cell.number), Number: cell.number}
		default:
			v = reads.Read(cell.text)
		}
		t.Add(v, cell.n, labelled, correct)
	}
	return t, nil
}

// scoreTally makes the tally of the score, from the held-out rows.
func (p *plan) scoreTally(cells []cell, table *classTable) (*reference.Tally, error) {
	held := slices.DeleteFunc(cells, func(c cell) bool { return !c.known && c.bin < 0 && (!p.verbatim || !table.rows[c.classes].held) })
	c := &column{name: "score", kind: value.Numeric, number: true, edges: p.scoreEdges}
	if !slices.ContainsFunc(held, func(c cell) bool { return c.known || c.bin >= 0 }) {
		return nil, fmt.Errorf("no row of %s has a finite score in %q: name another column, or leave score out", fullName(p.table), p.table.Score)
	}
	return p.tally(c, held, table)
}

// found is a value of a column as a text, and the number of its rows.
type found struct {
	number float64
	text   string
	rows   int64
}

// valuesOf returns the values of a column, each once. Numbers are in descending order, so that
// they do not look like row numbers, unless each occurs once: a table has no order.
func valuesOf(c *column, cells []cell) []found {
	all := make([]found, 0, len(cells))
	for i := range cells {
		v := found{cells[i].number, cells[i].text, cells[i].n}
		if c.number && cells[i].known {
			v.text = strconv.FormatFloat(v.number, 'f', -1, 64)
		} else {
			v.number = 0
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(cmp.Compare(b.number, a.number), cmp.Compare(b.text, a.text)) })
	once := all[:0]
	repeats := false
	for _, v := range all {
		if last := len(once) - 1; last >= 0 && once[last].text == v.text {
			once[last].rows += v.rows
			repeats = repeats || v.text != ""
			continue
		}
		repeats = repeats || v.rows > 1 && v.text != ""
		once = append(once, v)
	}
	if !repeats {
		slices.Reverse(once)
	}
	return once
}

// guess returns the type of a column, "" if it is left out.
func (p *plan) guess(c *column, values []found) (string, error) {
	s := value.NewSurvey(c.name, c.asked, p.missing)
	for _, v := range values {
		s.Add(v.text, int(v.rows))
	}
	guess, err := s.Guess()
	p.notes = append(p.notes, guess.Notes...)
	return guess.Type, err
}

// binnedBy makes a feature of a number that was counted by bin.
func binnedBy(name string, edges []float64, cells []cell, table *classTable) (*reference.Feature, error) {
	bins := len(edges) + 1
	f := &reference.Feature{
		Name: name, Type: value.Numeric, Min: math.NaN(), Max: math.NaN(), Edges: edges,
		Count: make([]int64, bins), Sum: make([]float64, bins), SumOfSquares: make([]float64, bins),
	}
	if table.known {
		f.Correct, f.Labelled = make([]int64, bins), make([]int64, bins)
	}
	huge := int64(0)
	for i := range cells {
		c := &cells[i]
		if c.bin < 0 {
			f.Missing += c.n
			continue
		}
		if c.bin >= int64(bins) {
			return nil, fmt.Errorf("%s: the result has bin %d of %d: it does not answer the query", name, c.bin, bins)
		}
		f.Count[c.bin] += c.n
		if c.huge < c.n {
			f.Sum[c.bin] += c.total
			f.SumOfSquares[c.bin] += c.squares
		}
		if table.known {
			labelled, correct := table.count(c)
			f.Labelled[c.bin] += labelled
			f.Correct[c.bin] += correct
		}
		huge += c.huge
		if !(f.Min <= c.low) {
			f.Min = c.low + 0
		}
		if !(f.Max >= c.high) {
			f.Max = c.high + 0
		}
	}
	if huge > 0 || slices.ContainsFunc(slices.Concat(f.Sum, f.SumOfSquares), func(x float64) bool { return math.IsNaN(x - x) }) {
		f.Sum, f.SumOfSquares = nil, nil // Not known.
	}
	return f, nil
}
