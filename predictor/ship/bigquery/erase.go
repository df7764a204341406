package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// selectErased finds the predictions that are to be erased, by their id or by the hash of their
// request id. It also finds their shadows.
const selectErased = "WITH answered AS (\n" +
	"  SELECT id FROM `%[1]s` WHERE log_id = @log_id AND (id IN UNNEST(@ids) OR TO_HEX(SHA256(request_id)) IN UNNEST(@hashes))\n" +
	")\n" +
	"SELECT id FROM `%[1]s` WHERE log_id = @log_id AND (id IN (SELECT id FROM answered) OR shadow_of IN (SELECT id FROM answered))"

// The tables are erased in this order. Predictions are last, because their request ids are needed
// to find the other rows if the erasure is repeated. A review keeps its hashes.
var erasing = []struct {
	table predictionlog.Table
	query string
}{
	{predictionlog.TableFeedback, "DELETE FROM `%s` WHERE log_id = @log_id AND prediction_id IN UNNEST(@ids)"},
	{predictionlog.TableOutcomes, "DELETE FROM `%s` WHERE (log_id = @log_id AND prediction_id IN UNNEST(@ids)) OR TO_HEX(SHA256(request_id)) IN UNNEST(@hashes)"},
	{predictionlog.TableReviews, "UPDATE `%s` SET reviewer = NULL, outcome = NULL, note = NULL WHERE log_id = @log_id AND prediction_id IN UNNEST(@ids)"},
	{predictionlog.TablePredictions, "DELETE FROM `%s` WHERE log_id = @log_id AND id IN UNNEST(@ids)"},
}

// erase deletes the rows that the erasures of a batch name. Repeating it changes nothing.
func (s *Sink) erase(ctx context.Context, b *ship.Batch) error {
	if len(b.Erasures) == 0 {
		return nil
	}
	ids, hashes := map[int64]bool{}, []string{}
	for _, e := range b.Erasures {
		hashes = append(hashes, e.RequestHash)
		if e.PredictionID >= 0 {
			ids[e.PredictionID] = true
		}
	}
	if s.views == nil {
		_, err := s.ask(ctx, predictionlog.TableFeedback, eraseOutcomes, b.LogID, numbers(ids), hashes)
		return err
	}
	rows, err := s.ask(ctx, predictionlog.TablePredictions, selectErased, b.LogID, numbers(ids), hashes)
	if err != nil {
		return err
	}
	for _, id := range rows {
		ids[id] = true
	}
	for _, e := range erasing {
		if _, err := s.ask(ctx, e.table, e.query, b.LogID, numbers(ids), hashes); err != nil {
			return err
		}
	}
	return nil
}

// ask runs a statement on a table and returns the numbers that it selects. If the table does not
// exist, there is nothing to erase.
func (s *Sink) ask(ctx context.Context, t predictionlog.Table, query, logID string, ids []int64, hashes []string) (found []int64, err error) {
	q := s.client.Query(fmt.Sprintf(query, s.id(t)))
	q.Parameters = []bigquery.QueryParameter{{Name: "log_id", Value: logID}, {Name: "ids", Value: ids}, {Name: "hashes", Value: hashes}}
	q.Labels = queryLabels
	rows, err := q.Read(ctx)
	for err == nil {
		var row []bigquery.Value
		if err = rows.Next(&row); err == nil {
			id, _ := row[0].(int64)
			found = append(found, id)
		}
	}
	switch {
	case errors.Is(err, iterator.Done), google.HasStatus(err, http.StatusNotFound):
		return found, nil
	case strings.Contains(err.Error(), "streaming buffer"):
		return nil, &ship.Failure{Reason: ship.Unavailable, Temporary: true, Err: fmt.Errorf(
			"erase from %s: BigQuery does not delete rows that it took within about half an hour; this is tried again until it does: %w", s.id(t), err)}
	}
	return nil, s.explain(fmt.Errorf("erase from %s: %w", s.id(t), err))
}

// numbers returns the members of a set. It never returns nil, because BigQuery does not accept
// nil as an array.
func numbers(set map[int64]bool) []int64 {
	all := make([]int64, 0, len(set))
	for id := range set {
		all = append(all, id)
	}
	return all
}
