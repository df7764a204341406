// Package bigquery reads outcomes from a query of Google BigQuery, by a watermark.
package bigquery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/alecthomas/units"
	"go.yaml.in/yaml/v3"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/watermark"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// source is one query.
type source struct {
	project, location string
	query             string
	maximumBytes      int64
	options           watermark.Options
}

// Kind is the kind of source with the key "bigquery".
var Kind = outcomes.Kind{Name: "bigquery", Parse: parse}

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "bigquery", append([]string{"project", "location", "query", "maximum_bytes_billed"}, watermark.Keys...)...)
	m.Require("project", "name the Google Cloud project that runs and pays the query")
	m.Require("query", "write SELECT ... WHERE updated_at >= @since ORDER BY updated_at")
	s := &source{
		project: m.Text("project", ""), location: m.Text("location", ""), query: m.Text("query", ""),
		options: watermark.Parse(m, time.Hour),
	}
	if err := google.CheckProject(s.project); m.Err == nil && err != nil {
		m.Wrong("project", "project %q is not the id of a Google Cloud project", s.project)
	}
	if m.Err == nil && !strings.Contains(s.query, "@since") {
		m.Wrong("query", "the query has no @since, by which it returns what is new; write WHERE updated_at >= @since")
	}
	bytes, err := units.ParseBase2Bytes(m.Text("maximum_bytes_billed", "10GiB"))
	if err != nil || bytes < 0 {
		m.Wrong("maximum_bytes_billed", "maximum_bytes_billed is not a size such as 10GiB; 0B is no bound")
	}
	s.maximumBytes = int64(bytes)
	return s, m.Err
}

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) (err error) {
	client, err := bigquery.NewClient(ctx, s.project, google.REST(sink.Logger)...)
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return watermark.Run(ctx, sink, s.options, &asked{source: s, client: client})
}

// asked is the query with a client.
type asked struct {
	*source
	client *bigquery.Client
}

// Fetch implements watermark.Query. BigQuery reads what was committed before the query begins.
func (a *asked) Fetch(ctx context.Context, from watermark.Mark, row func(columns []string, values []any) error) (int64, error) {
	q := a.client.Query(a.query)
	q.Location, q.MaxBytesBilled = a.location, a.maximumBytes
	var since any = from.Number
	if !a.options.Numbers {
		since = earliest(from.Time)
	}
	q.Parameters = []bigquery.QueryParameter{{Name: "since", Value: since}}
	job, err := q.Run(ctx)
	if err != nil {
		return 0, explain(err)
	}
	status, err := job.Wait(ctx)
	if err == nil {
		err = status.Err() // a query that failed must not pass for one without rows
	}
	if err != nil {
		return 0, explain(err)
	}
	rows, err := job.Read(ctx)
	if err != nil {
		return 0, explain(err)
	}
	var columns []string
	for {
		var values []bigquery.Value
		err := rows.Next(&values)
		if errors.Is(err, iterator.Done) {
			return 0, nil
		}
		if err != nil {
			return 0, explain(err)
		}
		if columns == nil {
			for _, field := range rows.Schema {
				columns = append(columns, field.Name)
			}
		}
		plain := make([]any, len(values))
		for i, v := range values {
			plain[i] = plainly(v)
		}
		if err := row(columns, plain); err != nil {
			return 0, err
		}
	}
}

// earliest returns a time that BigQuery can hold. Its times begin with the year 1.
func earliest(at time.Time) time.Time {
	if at.Year() < 1970 {
		return time.Unix(0, 0).UTC()
	}
	return at
}

// plainly converts lists and records of BigQuery to those of JSON.
func plainly(v bigquery.Value) any {
	list, ok := v.([]bigquery.Value)
	if !ok {
		return v
	}
	plain := make([]any, len(list))
	for i, v := range list {
		plain[i] = plainly(v)
	}
	return plain
}

// advice says what to do about an error with this cause.
var advice = map[google.Cause]string{
	google.TooExpensive:   "the query would process more than maximum_bytes_billed: raise that, or have the query read fewer partitions",
	google.NoCredentials:  "there are no application-default credentials: set GOOGLE_APPLICATION_CREDENTIALS",
	google.Unauthorized:   "the credentials are refused",
	google.Forbidden:      "the account needs roles/bigquery.jobUser on the project, and roles/bigquery.dataViewer on the data",
	google.NotFound:       "project, dataset or table does not exist",
	google.NeedsPartition: "the table takes only queries with a condition on its partition: add one to the query",
	google.Invalid:        "the query is wrong",
	google.NoBilling:      "the project has no billing account",
}

func explain(err error) error {
	if text := advice[google.CauseOf(err)]; text != "" {
		return fmt.Errorf("BigQuery: %s: %w", text, err)
	}
	return fmt.Errorf("BigQuery: %w", err)
}
