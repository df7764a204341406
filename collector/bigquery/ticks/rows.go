package ticks

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// hasRows reports whether the dataset has a table of rows. It costs nothing.
func (r *Reader) hasRows(ctx context.Context) (bool, error) {
	r.mu.Lock()
	known := r.rows
	r.mu.Unlock()
	if known {
		return true, nil
	}
	client, err := r.connect()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	_, err = client.DatasetInProject(r.options.Project, r.options.Dataset).Table(string(predictionlog.TablePredictions)).Metadata(ctx)
	switch {
	case google.HasStatus(err, http.StatusNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the shipped rows in %s.%s: %w", r.options.Project, r.options.Dataset, r.explain(err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = true
	return true, nil
}

// rowsBetween returns the parameters for the rows from a time on and before another.
func rowsBetween(from, until int64) []bigquery.QueryParameter {
	return []bigquery.QueryParameter{{Name: "rows_from", Value: timestamp(from).Truncate(time.Microsecond)}, {Name: "rows_until", Value: timestamp(until)}}
}

// prediction reads id, time, class, score and features of a prediction.
func (f *fields) prediction() predictionlog.Row {
	row := predictionlog.Row{ID: f.integer(), Time: f.time(), Class: f.text(), HasScore: f.known()}
	row.Score, row.Features, row.Latency = value[float64](f), []byte(f.text()), -1
	return row
}
