package bigquery

import (
	"slices"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// target is a table in BigQuery that gets the rows of a table of the log, or what is made of them.
type target struct {
	name    string
	columns []column
	// number is the column that rises with the rows of the log, time that of the partitions.
	number, time string
	partition    bigquery.TimePartitioningType
	clustering   []string
	// source tells rows apart that are made of different tables of the log; empty if there is one.
	source string
}

// viewed are the tables that the views read. All of them must exist before the first row of any
// of them.
var viewed = []predictionlog.Table{predictionlog.TablePredictions, predictionlog.TableFeedback, predictionlog.TableErrors}

// rowTargets get the rows themselves.
func rowTargets() map[predictionlog.Table]target {
	all := map[predictionlog.Table]target{}
	for t, columns := range tableColumns {
		to := target{name: string(t), columns: columns, number: t.Number(), time: "time", partition: bigquery.DayPartitioningType}
		switch {
		case t == predictionlog.TableOutcomes:
			to.name = "evidence" // In the dataset "outcomes" has always been a view of what counts.
			to.clustering = []string{"source"}
		case slices.Contains(viewed, t):
			to.clustering = []string{"model", "version"}
		}
		all[t] = to
	}
	return all
}

// tickTargets get counts.
func tickTargets() map[predictionlog.Table]target {
	all := map[predictionlog.Table]target{}
	for _, t := range append(slices.Clone(viewed), heartbeats) {
		all[t] = target{
			name: "ticks", columns: tickColumns, number: "sequence", time: "shipped_at", partition: bigquery.HourPartitioningType,
			clustering: []string{"model", "version", "tick"}, source: string(t),
		}
	}
	return all
}

// outcomeTargets get the outcomes that count.
func outcomeTargets() map[predictionlog.Table]target {
	all := map[predictionlog.Table]target{}
	for _, t := range []predictionlog.Table{predictionlog.TableFeedback, predictionlog.TableOutcomes} {
		all[t] = target{
			name: "tick_outcomes", columns: tickOutcomeColumns, number: "seq", time: "shipped_at", partition: bigquery.DayPartitioningType,
			clustering: []string{"source", "model", "version"}, source: string(t),
		}
	}
	return all
}

// partitions says how the table is cut.
func (t *target) partitions() *bigquery.TimePartitioning {
	p := &bigquery.TimePartitioning{Type: t.partition, Field: t.time}
	if t.partition == bigquery.HourPartitioningType {
		p.Expiration = tickExpiry
	}
	return p
}

func (t *target) clusters() *bigquery.Clustering {
	if t.clustering == nil {
		return nil
	}
	return &bigquery.Clustering{Fields: t.clustering}
}
