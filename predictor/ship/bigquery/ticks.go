package bigquery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/bigquery/storage/managedwriter"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Ticks ships the counts of a log to the same dataset.
type Ticks struct {
	*Sink

	// Outcomes ships the outcomes that count.
	Outcomes *Sink
}

// Ticks returns what ships counts over the connections of s, which stays their owner.
func (s *Sink) Ticks() *Ticks {
	return &Ticks{s.part("/ticks", tickTargets()), s.part("/tick_outcomes", outcomeTargets())}
}

// Now implements ship.Counter.
func (t *Ticks) Now(ctx context.Context) (now time.Time, err error) {
	q := t.client.Query("SELECT CURRENT_TIMESTAMP()")
	q.Labels, q.DisableQueryCache = queryLabels, true
	rows, err := q.Read(ctx)
	if err != nil {
		return now, t.explain(fmt.Errorf("ask BigQuery for its time: %w", err))
	}
	var row []bigquery.Value
	switch err := rows.Next(&row); {
	case errors.Is(err, iterator.Done):
	case err != nil:
		return now, t.explain(fmt.Errorf("ask BigQuery for its time: %w", err))
	case len(row) == 1:
		if now, ok := row[0].(time.Time); ok {
			return now, nil
		}
	}
	return now, fmt.Errorf("ask BigQuery for its time: the answer is %v", row)
}

// Last implements ship.Resumer.
func (s *Sink) Last(ctx context.Context, logID string, table predictionlog.Table) (int64, error) {
	if err := s.prepare(ctx, table); err != nil {
		return -1, err
	}
	to := s.targets[table]
	q := s.client.Query(fmt.Sprintf("SELECT MAX(%s) FROM `%s` WHERE log_id = @log_id AND source = @source", to.number, s.id(table)))
	q.Parameters = []bigquery.QueryParameter{{Name: "log_id", Value: logID}, {Name: "source", Value: to.source}}
	q.Labels = queryLabels
	rows, err := q.Read(ctx)
	var row []bigquery.Value
	if err == nil {
		err = rows.Next(&row)
	}
	if err != nil {
		return -1, s.explain(fmt.Errorf("ask %s for its newest row of a log: %w", s.id(table), err))
	}
	if last, ok := row[0].(int64); ok {
		return last, nil
	}
	return -1, nil
}

// Heartbeat implements ship.Counter. It does not matter if a heartbeat is lost, or arrives twice.
func (t *Ticks) Heartbeat(ctx context.Context, r *tick.Record) error {
	// Who reads the dataset finds both tables from the first heartbeat on.
	if err := errors.Join(t.prepare(ctx, heartbeats), t.Outcomes.prepare(ctx, predictionlog.TableFeedback)); err != nil {
		return err
	}
	open, err := t.open(ctx, heartbeats)
	if err != nil {
		t.ready[heartbeats] = false
		return t.explain(err)
	}
	b := &ship.Batch{LogID: r.LogID, Table: heartbeats, Records: []tick.Record{*r}}
	result, err := open.managed.AppendRows(ctx, t.encoders[heartbeats].encode(b, string(heartbeats)), managedwriter.WithOffset(open.next))
	if err == nil {
		_, err = result.GetResult(ctx)
	}
	if err != nil {
		t.leave(heartbeats)
		return t.appendFailed(fmt.Errorf("append a heartbeat: %w", err))
	}
	open.next++
	return nil
}

// eraseOutcomes deletes the outcomes of erased predictions, whichever log took them.
const eraseOutcomes = "DELETE FROM `%s` WHERE (prediction_log = @log_id AND prediction_id IN UNNEST(@ids)) OR TO_HEX(SHA256(request_id)) IN UNNEST(@hashes)"
