//go:build !nobigquery

// Package warehouse connects the commands to the clients of BigQuery, or to
// nothing in a build with the tag nobigquery, which links none of them.
package warehouse

import (
	"context"
	"log/slog"

	"github.com/drift-exporter/drift_exporter/collector/bigquery"
	"github.com/drift-exporter/drift_exporter/collector/bigquery/ticks"
	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/fleet"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	sink "github.com/drift-exporter/drift_exporter/predictor/ship/bigquery"
)

// BigQuery returns what makes the clients of BigQuery.
func BigQuery() command.BigQuery { return linked{} }

type linked struct{}

// Warehouse implements command.BigQuery.
func (linked) Warehouse(o command.WarehouseOptions) command.Warehouse {
	return bigquery.New(bigquery.Options{Project: o.Project, Location: o.Location, MaximumBytes: o.MaximumBytes, Logger: o.Logger})
}

// Sink implements command.BigQuery.
func (linked) Sink(ctx context.Context, project, dataset string, logger *slog.Logger) (command.Sink, error) {
	s, err := sink.NewSink(ctx, sink.SinkOptions{Project: project, Dataset: dataset, Logger: logger})
	if err != nil {
		return nil, err
	}
	return shipping{s}, nil
}

// Shipped implements command.BigQuery.
func (linked) Shipped(o command.ShippedOptions) (command.Shipped, error) {
	r, err := ticks.New(ticks.Options{
		Project: o.DatasetProject, Dataset: o.Dataset, Payer: o.Project, Location: o.Location,
		MaximumBytes: o.MaximumBytes, DailyBytes: o.DailyBytes, Lateness: o.Lateness, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return shipped{r}, nil
}

// shipped is a Reader as a command.Shipped.
type shipped struct{ *ticks.Reader }

// Log implements command.Shipped.
func (s shipped) Log(coder fleet.Coder, recount bool) fleet.Log {
	coded := s.Coded(coder)
	if !recount {
		return coded.Reader
	}
	return coded
}

// Costs implements command.Shipped.
func (s shipped) Costs() *snapshot.Costs {
	c := s.Stats()
	return &snapshot.Costs{Queries: c.Queries, Bytes: c.Bytes, Billed: c.Billed, Failures: c.Failures}
}

// shipping is a Sink as a command.Sink.
type shipping struct{ *sink.Sink }

// Ticks implements command.Sink.
func (s shipping) Ticks(t *ship.Ticks) {
	made := s.Sink.Ticks()
	t.Name, t.Counts, t.OutcomesName, t.Outcomes = made.Name(), made, made.Outcomes.Name(), made.Outcomes
}
