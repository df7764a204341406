package bigquery

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// MaximumRows is the maximum number of rows that are downloaded. Training holds them all in
// memory, 8 bytes a number.
const MaximumRows = 1_000_000

// Rows downloads the outcome of a table and the columns that can be features, and writes them as
// a CSV with a header. NULL, NaN, infinities and empty texts become empty cells. The rows are
// sorted, because BigQuery has no order, so the same rows give the same bytes. Rows returns when
// the table was last changed. For a view, it returns the current time.
func (c *Client) Rows(ctx context.Context, t reference.Table, w io.Writer) (time.Time, error) {
	if t.Project == "" {
		t.Project = c.options.Project
	}
	if err := checkTable(t); err != nil {
		return time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	modified, err := c.rows(ctx, t, w)
	if err != nil {
		return time.Time{}, fmt.Errorf("read %s: %w", fullName(t), explain(err, t, c.options.Project))
	}
	return modified, nil
}

func (c *Client) rows(ctx context.Context, t reference.Table, w io.Writer) (time.Time, error) {
	client, err := c.connect()
	if err != nil {
		return time.Time{}, err
	}
	metadata, err := client.DatasetInProject(t.Project, t.Dataset).Table(t.Name).Metadata(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if t.Outcome != "" {
		if _, err := find(metadata.Schema, t.Outcome, "outcome"); err != nil {
			return time.Time{}, err
		}
	}
	p, err := planOf(reference.Table{Project: t.Project, Dataset: t.Dataset, Name: t.Name}, metadata.Schema)
	if err != nil {
		return time.Time{}, err
	}
	for _, note := range p.notes {
		c.options.Logger.Info("column of BigQuery read", "table", fullName(t), "note", note)
	}
	names, selected := make([]string, len(p.features)), make([]string, len(p.features))
	for i, f := range p.features {
		names[i], selected[i] = f.name, f.expression
	}
	text := "SELECT " + strings.Join(selected, ",\n  ") + "\nFROM " + quote(fullName(t)) + " AS t"
	if t.Where != "" {
		text += "\nWHERE (\n" + t.Where + "\n)"
	}
	q, err := c.prepare(ctx, client, t, query{text: text}, "train")
	if err != nil {
		return time.Time{}, err
	}
	job, err := q.query.Run(ctx)
	if err != nil {
		return time.Time{}, err
	}
	answers, err := job.Read(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if answers.TotalRows > c.maximum {
		return time.Time{}, fmt.Errorf("there are %d rows, and training takes at most %d: take fewer with --bigquery.where, such as RAND() < 0.1", answers.TotalRows, c.maximum)
	}
	records, err := download(answers, len(names))
	if err != nil {
		return time.Time{}, err
	}
	if len(records) == 0 {
		p.table.Where = t.Where
		return time.Time{}, errors.New(p.nothing())
	}
	slices.SortFunc(records, slices.Compare[[]string])
	out := csv.NewWriter(w)
	if err := errors.Join(out.Write(names), out.WriteAll(records)); err != nil {
		return time.Time{}, err
	}
	c.options.Logger.Info("rows of BigQuery read", "table", fullName(t), "job", job.ID(), "rows", len(records), "bytes", q.bytes)
	if metadata.Type == bigquery.RegularTable {
		return metadata.LastModifiedTime.UTC().Truncate(time.Second), nil
	}
	return time.Now().UTC().Truncate(time.Second), nil
}

func download(answers *bigquery.RowIterator, columns int) ([][]string, error) {
	var records [][]string
	for {
		var row []bigquery.Value
		err := answers.Next(&row)
		if errors.Is(err, iterator.Done) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		if len(row) != columns {
			return nil, fmt.Errorf("a row has %d columns, not %d", len(row), columns)
		}
		record := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
			case float64:
				record[i] = strconv.FormatFloat(v, 'g', -1, 64)
			case string:
				record[i] = v
			default:
				return nil, fmt.Errorf("column %d is a %T, neither a number nor a text", i, v)
			}
		}
		records = append(records, record)
	}
}
