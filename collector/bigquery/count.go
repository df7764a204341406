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

// Count counts the rows of a table into a reference, as [reference.Build] counts the rows of a
// CSV. The result is the same file if no number has more than 10,000 distinct values.
//
// last is the result of the last count of the table, or nil. With last, the bins stay the same
// and one query is enough. Another query comes first if the type or the bins of a column are not
// known: it profiles these columns. If the table's metadata show that it has not changed, Count
// runs no query and returns last. Errors say what to grant or repair.
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
	p.keep(last)
	counted := &reference.Counted{Table: fullName(t), State: state}
	if err := c.profile(ctx, client, p, counted); err != nil {
		return nil, err
	}
	q, err := c.prepare(ctx, client, t, p.count(), "reference")
	if err != nil {
		return nil, err
	}
	all := &cells{of: map[int][]cell{}, most: c.distinct}
	answer, err := c.run(ctx, q, func(row []bigquery.Value) error { return all.add(row, p.nameOf) })
	if err != nil {
		return nil, err
	}
	counted.Job, counted.At = answer.job, answer.at.UTC().Truncate(time.Second)
	counted.Bytes += answer.bytes
	o := reference.BuildOptions{Source: origin(t, counted.Job), Created: counted.At}
	if counted.Reference, err = p.build(all, o); err != nil {
		return nil, err
	}
	if err := c.errors(ctx, client, p, counted); err != nil {
		return nil, err
	}
	counted.Notes = p.notes
	r := counted.Reference
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

// keep keeps the types and bins of the features from last, and the bins of the score.
func (p *plan) keep(last *reference.Counted) {
	if last == nil || last.Reference.Schema < 2 { // Of the first schema, whose bins have no atoms.
		return
	}
	for i := range p.features {
		c := &p.features[i]
		at := slices.IndexFunc(last.Reference.Features, func(f reference.Feature) bool { return f.Name == c.name })
		if at < 0 {
			continue
		}
		f := &last.Reference.Features[at]
		if c.kind == "" && c.asked == "" && (f.Type == reference.Numeric || !c.number) {
			c.kind = f.Type
		}
		if f.Type != c.kind {
			continue
		}
		c.kept = f
		if c.number && len(f.Edges) > 0 {
			c.edges = f.Edges
		}
	}
	if score := last.Reference.Score; p.score != "" && score != nil && len(score.Edges) > 0 {
		p.scoreEdges = score.Edges
	}
}

// nameOf returns the name of a column of the count.
func (p *plan) nameOf(column int) string {
	switch {
	case column == scoreCell:
		return fmt.Sprintf("score %q", p.table.Score)
	case column >= 0 && column < len(p.features):
		return fmt.Sprintf("column %q", p.features[column].name)
	}
	return "the class"
}
