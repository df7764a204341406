package bigquery

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// profiled is what the first query says about a column.
type profiled struct {
	distinct, present int64
	numbers           []float64
	texts             []string
}

// profile asks for what is not known about the columns: the edges of numbers that have too many
// values to be counted one by one, and the types of columns with that many values. Columns that
// turn out to be no features are removed.
func (c *Client) profile(ctx context.Context, client *bigquery.Client, p *plan, counted *reference.Counted) error {
	var asked []int
	for i := range p.features {
		if f := &p.features[i]; f.kept == nil && (f.number || f.kind == "") {
			asked = append(asked, i)
		}
	}
	wantScore := p.score != "" && p.scoreEdges == nil
	if len(asked) == 0 && !wantScore {
		return nil
	}
	q, err := c.prepare(ctx, client, p.table, p.profile(asked, wantScore), "reference")
	if err != nil {
		return err
	}
	columns := len(asked)
	if wantScore {
		columns++
	}
	var all []profiled
	answer, err := c.run(ctx, q, func(row []bigquery.Value) (err error) {
		all, err = profiles(row, columns)
		return err
	})
	if err != nil {
		return err
	}
	if len(all) != columns {
		return fmt.Errorf("the quantiles of %d columns did not come", columns)
	}
	counted.Bytes += answer.bytes
	if wantScore {
		p.scoreEdges = all[columns-1].edges()
	}
	var out []int
	for i, at := range asked {
		keep, err := p.settle(&p.features[at], &all[i])
		if err != nil {
			return err
		}
		if !keep {
			out = append(out, at)
		}
	}
	for _, at := range slices.Backward(out) {
		p.features = slices.Delete(p.features, at, at+1)
	}
	if len(p.features) == 0 {
		return fmt.Errorf("no column is a feature: %s", p.notes)
	}
	return nil
}

// profiles reads the one row of the answer.
func profiles(row []bigquery.Value, columns int) ([]profiled, error) {
	if len(row) != 3*columns {
		return nil, fmt.Errorf("the profile has %d columns, not %d", len(row), 3*columns)
	}
	v := reader{row: row}
	all := make([]profiled, columns)
	for i := range all {
		all[i].distinct, all[i].present = v.whole(3*i), v.whole(3*i+1)
		quantiles, ok := row[3*i+2].([]bigquery.Value)
		if !ok && row[3*i+2] != nil {
			return nil, fmt.Errorf("the quantiles are a %T, not a list", row[3*i+2])
		}
		for _, q := range quantiles {
			switch q := q.(type) {
			case float64:
				all[i].numbers = append(all[i].numbers, q+0) // -0 is 0.
			case string:
				all[i].texts = append(all[i].texts, q)
			default:
				return nil, fmt.Errorf("a quantile is a %T, neither a number nor a text", q)
			}
		}
	}
	return all, v.err
}

// edges returns the edges for a number that has too many values to be counted one by one, and nil
// otherwise. The quantiles are treated as a sample, and the edges are chosen as for any other
// sample.
func (f *profiled) edges() []float64 {
	if f.distinct <= fewValues {
		return nil
	}
	return drift.QuantileEdges(f.numbers, drift.MaxFine)
}

// settle decides whether a column with many values is a feature, and how a number is binned. A
// column with few values is counted first.
func (p *plan) settle(c *column, f *profiled) (keep bool, err error) {
	if f.distinct <= fewValues {
		return true, nil
	}
	if c.kind == "" {
		before := len(p.notes)
		kind, err := p.guess(c, f.sample())
		switch {
		case err != nil:
			return false, err
		case kind == "":
			return false, nil
		case c.number:
			c.kind = kind
		default: // Guessed again of all texts, which come.
			p.notes = p.notes[:before]
		}
	}
	if c.number {
		c.edges = f.edges()
	} else if f.distinct > mostValues+mostValues/20 { // The estimate may be off.
		return false, tooMany(fmt.Sprintf("column %q", c.name), mostValues)
	}
	return true, nil
}

// sample returns the quantiles, each with the average number of rows of a value. This is one row
// if there are nearly as many values as rows.
func (f *profiled) sample() []found {
	rows := int64(1)
	if 10*f.distinct < 9*f.present {
		rows = max(2, int64(math.Round(float64(f.present)/float64(f.distinct))))
	}
	var all []found
	for _, text := range f.texts {
		all = append(all, found{text: text, rows: rows})
	}
	for _, x := range slices.Backward(f.numbers) {
		all = append(all, found{text: strconv.FormatFloat(x, 'f', -1, 64), rows: rows})
	}
	return all
}
