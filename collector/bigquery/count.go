package bigquery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// Count counts the rows of a table into a reference: in one query when last is
// what was made of it before, whose edges then stay; in two when there are
// columns without edges, the first of which asks for quantiles. It returns last
// itself, and asks nothing but the table's metadata, when that says that the
// table has not changed. Errors say what to grant or repair.
func (c *Client) Count(ctx context.Context, t reference.Table, last *reference.Counted) (*reference.Counted, error) {
	if t.Project == "" {
		t.Project = c.options.Project
	}
	if err := checkTable(t); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	counted, err := c.count(ctx, t, last)
	if err != nil {
		return nil, fmt.Errorf("count %s: %w", fullName(t), explain(err, t, c.options.Project))
	}
	return counted, nil
}

func (c *Client) count(ctx context.Context, t reference.Table, last *reference.Counted) (*reference.Counted, error) {
	client, err := c.connect()
	if err != nil {
		return nil, err
	}
	metadata, err := client.DatasetInProject(t.Project, t.Dataset).Table(t.Name).Metadata(ctx)
	if err != nil {
		return nil, err
	}
	p, err := planOf(t, metadata.Schema)
	if err != nil {
		return nil, err
	}
	state := p.state(metadata)
	if last != nil && state != "" && state == last.State {
		c.options.Logger.Debug("table of BigQuery unchanged", "table", fullName(t))
		return last, nil
	}
	if len(p.skipped) > 0 {
		c.options.Logger.Info("columns of BigQuery that are no features left out", "table", fullName(t), "columns", strings.Join(p.skipped, ", "))
	}
	scoreEdges := p.keep(last)
	counted := &reference.Counted{Table: fullName(t), State: state}
	var again []int
	for {
		if scoreEdges, err = c.edges(ctx, client, p, again, scoreEdges, counted); err != nil {
			return nil, err
		}
		q, err := c.prepare(ctx, client, t, p.count(scoreEdges), "reference")
		if err != nil {
			return nil, err
		}
		answer, err := c.run(ctx, q)
		if err != nil {
			return nil, err
		}
		counted.Job, counted.At = answer.job, answer.at.UTC().Truncate(time.Second)
		counted.Bytes += answer.bytes
		cells, err := cellsOf(answer.rows)
		if err != nil {
			return nil, err
		}
		// A number of which the estimate said that it has few values may have
		// too many: it gets edges, and everything is counted once more.
		if counted.Reference, again, err = p.build(cells, scoreEdges); err != nil {
			return nil, err
		}
		if len(again) == 0 {
			break
		}
	}
	r := counted.Reference
	r.Created, r.Origin = counted.At, origin(t, counted.Job)
	c.options.Logger.Info("table of BigQuery counted", "table", fullName(t), "job", counted.Job, "rows", r.Rows, "bytes", counted.Bytes, "hash", r.Hash)
	return counted, nil
}

func origin(t reference.Table, job string) string {
	o := "bigquery:" + fullName(t)
	if t.Where != "" {
		o += " where " + strings.Join(strings.Fields(t.Where), " ")
	}
	return o + " job " + job
}

// keep gives the numbers the edges that they had in last, and returns those of
// the score.
func (p *plan) keep(last *reference.Counted) []float64 {
	if last == nil {
		return nil
	}
	for i := range p.features {
		c := &p.features[i]
		at := slices.IndexFunc(last.Reference.Features, func(f reference.Feature) bool { return f.Name == c.name })
		if at < 0 || c.kind != reference.Numeric {
			continue
		}
		switch f := &last.Reference.Features[at]; {
		case f.Type != reference.Numeric:
		case f.Values != nil:
			c.few = true
		default:
			c.edges = notNil(f.Edges)
		}
	}
	if p.score == "" || last.Reference.Score == nil {
		return nil
	}
	return notNil(last.Reference.Score.Edges)
}

// edges asks for the quantiles of the numbers without edges, and of the score;
// a number of few values stays without. The numbers in again have too many
// values, whatever the estimate says.
func (c *Client) edges(ctx context.Context, client *bigquery.Client, p *plan, again []int, score []float64, counted *reference.Counted) ([]float64, error) {
	var names []string
	var into []*column
	for i := range p.features {
		if f := &p.features[i]; f.kind == reference.Numeric && f.edges == nil && (again == nil && !f.few || slices.Contains(again, i)) {
			names, into = append(names, fmt.Sprintf("f%d", i)), append(into, f)
		}
	}
	wantScore := p.score != "" && score == nil
	if wantScore {
		names = append(names, "score")
	}
	if len(names) == 0 {
		return score, nil
	}
	q, err := c.prepare(ctx, client, p.table, p.profile(names), "reference")
	if err != nil {
		return nil, err
	}
	answer, err := c.run(ctx, q)
	if err != nil {
		return nil, err
	}
	counted.Bytes += answer.bytes
	if len(answer.rows) != 1 || len(answer.rows[0]) != 2*len(names) {
		return nil, fmt.Errorf("the quantiles came in %d rows, not one of %d columns", len(answer.rows), 2*len(names))
	}
	row := reader{row: answer.rows[0]}
	for i := range names {
		few := row.whole(2*i+1) <= fewValues && again == nil
		edges, err := inner(row.row[2*i])
		switch {
		case err != nil:
			return nil, err
		case i == len(into):
			score = edges
		case !few:
			into[i].edges = edges
		}
	}
	return score, row.err
}

// inner are the edges between the first and the last of some quantiles, each once.
func inner(quantiles bigquery.Value) ([]float64, error) {
	if quantiles == nil {
		return []float64{}, nil // There are no values.
	}
	all, ok := quantiles.([]bigquery.Value)
	if !ok {
		return nil, fmt.Errorf("the quantiles are a %T, not a list", quantiles)
	}
	edges := []float64{}
	for i := 1; i < len(all)-1; i++ {
		x, ok := all[i].(float64)
		if !ok {
			return nil, fmt.Errorf("a quantile is a %T, not a number", all[i])
		}
		if x += 0; len(edges) == 0 || x > edges[len(edges)-1] {
			edges = append(edges, x)
		}
	}
	return edges, nil
}
