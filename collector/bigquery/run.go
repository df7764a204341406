package bigquery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// result is the answer to a query.
type result struct {
	job   string
	at    time.Time
	bytes int64
}

// prepared is a query that BigQuery has accepted and that stays within the limit.
type prepared struct {
	query *bigquery.Query
	bytes int64
	// tables are the tables that the query reads. For a view, they are the tables behind the
	// view.
	tables []*bigquery.Table
}

// prepare lets BigQuery check the query without running it, which costs nothing. It refuses a
// query that would process more than --bigquery.maximum-bytes-billed.
func (c *Client) prepare(ctx context.Context, client *bigquery.Client, t reference.Table, q query, purpose string) (*prepared, error) {
	asked := client.Query(q.text)
	asked.Parameters = q.parameters
	asked.Labels = map[string]string{"application": "drift_exporter", "purpose": purpose}
	asked.MaxBytesBilled = c.options.MaximumBytes
	asked.JobTimeout = c.options.Timeout
	asked.DryRun = true
	job, err := asked.Run(ctx)
	if err != nil {
		return nil, err
	}
	p := &prepared{query: asked}
	if status := job.LastStatus(); status != nil && status.Statistics != nil {
		p.bytes = status.Statistics.TotalBytesProcessed
		if details, ok := status.Statistics.Details.(*bigquery.QueryStatistics); ok {
			p.tables = details.ReferencedTables
		}
	}
	bound := c.options.MaximumBytes
	c.options.Logger.Info("query of BigQuery checked", "table", fullName(t), "purpose", purpose, "bytes", p.bytes, "maximum", bound)
	if bound > 0 && p.bytes > bound {
		return nil, fmt.Errorf("the query would process %s, more than --bigquery.maximum-bytes-billed=%s allows: name fewer features, narrow it with where on the table's partition, or raise the bound",
			size(p.bytes), size(bound))
	}
	asked.DryRun = false
	return p, nil
}

// run runs a prepared query and passes each of its rows to take. Google's client retries where
// that makes sense, with growing pauses, until ctx ends.
func (c *Client) run(ctx context.Context, p *prepared, take func(row []bigquery.Value) error) (*result, error) {
	job, err := p.query.Run(ctx)
	if err != nil {
		return nil, err
	}
	if status := job.LastStatus(); status != nil && status.Err() != nil {
		return nil, status.Err()
	}
	rows, err := job.Read(ctx)
	if err != nil {
		return nil, err
	}
	r := &result{job: job.ID(), at: time.Now(), bytes: p.bytes}
	for {
		var row []bigquery.Value
		err := rows.Next(&row)
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := take(row); err != nil {
			return nil, err
		}
	}
	if status := job.LastStatus(); status != nil && status.Statistics != nil && status.Statistics.TotalBytesProcessed > 0 {
		r.bytes = status.Statistics.TotalBytesProcessed
	}
	return r, nil
}

// size formats a number of bytes in the form that the flag accepts.
func size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	x, i := float64(n), 0
	for x >= 1024 && i < len(units)-1 {
		x /= 1024
		i++
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0") + units[i]
}
