package bigquery

import (
	"context"
	"fmt"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// classesByScore counts the outcomes of a multiclass model by class and bin of the score.
func classesByScore(r *reference.Reference, cells []cell, table *classTable) error {
	counts := r.NewScoring()
	if counts == nil {
		return nil
	}
	for i := range cells {
		c := &cells[i]
		bin := int(c.bin)
		switch v := table.rows[c.classes]; {
		case !v.labelled:
			continue
		case c.bin < 0 && !c.known:
			continue
		case c.bin < 0:
			bin = counts.Bin(c.number)
			fallthrough
		default:
			counts.Classes(bin, c.n, v.predicted, v.actual)
		}
	}
	return counts.Done()
}

// errorQuery asks for the sums of the errors of a regression, by bin of the predicted value.
func (p *plan) errorQuery(edges []float64) query {
	bin, parameters := "0", []bigquery.QueryParameter(nil)
	if len(edges) > 0 {
		bin, parameters = "RANGE_BUCKET(score, @edges_score)", []bigquery.QueryParameter{{Name: "edges_score", Value: edges}}
	}
	return p.query(p.source()+`
SELECT bin, COUNT(*) AS n, SUM(e) AS total, SUM(ABS(e)) AS absolute, SUM(e * e) AS squares
FROM (SELECT `+bin+` AS bin, score - truth AS e FROM source WHERE score IS NOT NULL AND truth IS NOT NULL)
WHERE ABS(e) <= `+largest+`
GROUP BY bin`, parameters...)
}

// errors adds the errors of a regression to a reference, in one more query because the bins of
// the predicted value are known only now. Without a score in the table they are those of the base.
func (c *Client) errors(ctx context.Context, client *bigquery.Client, p *plan, counted *reference.Counted) error {
	r := counted.Reference
	if p.score == "" && p.table.Base != nil && p.table.Base.Errors != nil {
		return r.SetErrors(p.table.Base.Errors)
	}
	if p.truth == "" || r.Score == nil {
		return nil
	}
	q, err := c.prepare(ctx, client, p.table, p.errorQuery(r.Score.Edges), "errors")
	if err != nil {
		return err
	}
	bins := len(r.Score.Count)
	e := &reference.Errors{Labelled: make([]int64, bins), Sum: make([]float64, bins), Absolute: make([]float64, bins), Squares: make([]float64, bins)}
	answer, err := c.run(ctx, q, func(row []bigquery.Value) error {
		if len(row) != 5 {
			return fmt.Errorf("a row of the result has %d columns, not 5", len(row))
		}
		v := reader{row: row}
		bin := v.whole(0)
		if v.err == nil && (bin < 0 || bin >= int64(bins)) {
			return fmt.Errorf("the result has bin %d of %d: it does not answer the query", bin, bins)
		}
		n, total, absolute, squares := v.whole(1), v.number(2), v.number(3), v.number(4)
		if v.err != nil {
			return v.err
		}
		// The table may have grown since the count.
		e.Labelled[bin], e.Sum[bin], e.Absolute[bin], e.Squares[bin] = min(n, r.Score.Count[bin]), total, absolute, squares
		return nil
	})
	if err != nil {
		return err
	}
	counted.Bytes += answer.bytes
	if e.Rows() == 0 {
		return nil
	}
	return r.SetErrors(e)
}
