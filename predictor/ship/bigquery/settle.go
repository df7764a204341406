package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// queryLabels mark our jobs in the project's history and on its bill.
var queryLabels = map[string]string{"drift_exporter": "ship"}

// Settle implements ship.Destination. It seals the stream, so that rows that are still being sent
// are refused. Then it compares how many rows the stream has taken. BigQuery deletes a stream
// some time after its last row. If the stream is gone, Settle queries the table.
func (s *Sink) Settle(ctx context.Context, text string) (bool, error) {
	var a attempt
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return false, fmt.Errorf("the log's record of what was under way cannot be read: %w", err)
	}
	s.leave(a.Table)
	sealed, err := s.control.FinalizeWriteStream(ctx, &storagepb.FinalizeWriteStreamRequest{Name: a.Stream})
	switch status.Code(err) {
	case codes.OK:
		switch n := sealed.GetRowCount(); {
		case n == a.Offset:
			return false, nil
		case n == a.Offset+a.Rows:
			return true, nil
		case n > a.Offset+a.Rows:
			return false, s.ahead(a, n-a.Offset-a.Rows)
		}
	case codes.NotFound, codes.FailedPrecondition, codes.InvalidArgument:
	default:
		return false, s.explain(fmt.Errorf("seal a stream: %w", err))
	}
	return s.look(ctx, a)
}

// look asks the table whether it has the rows of an attempt whose stream is gone. It reads the
// key columns of the days of the batch and of later days.
func (s *Sink) look(ctx context.Context, a attempt) (bool, error) {
	to := s.targets[a.Table]
	q := s.client.Query(fmt.Sprintf("SELECT COUNTIF(%[1]s <= @up_to), COUNTIF(%[1]s > @up_to) FROM `%[2]s` WHERE log_id = @log_id AND %[1]s > @after AND (%[3]s >= @first OR %[3]s IS NULL)",
		to.number, s.id(a.Table), to.time))
	q.Parameters = []bigquery.QueryParameter{
		{Name: "up_to", Value: a.UpTo}, {Name: "after", Value: a.After}, {Name: "log_id", Value: a.LogID}, {Name: "first", Value: time.UnixMicro(a.First).UTC()},
	}
	if to.source != "" {
		q.Q += " AND source = @source"
		q.Parameters = append(q.Parameters, bigquery.QueryParameter{Name: "source", Value: to.source})
	}
	q.Labels = queryLabels
	rows, err := q.Read(ctx)
	var counts []bigquery.Value
	if err == nil {
		err = rows.Next(&counts)
	}
	switch {
	case google.HasStatus(err, http.StatusNotFound): // The table is gone with its rows: it is made again.
		return false, nil
	case errors.Is(err, iterator.Done) || err == nil && len(counts) != 2:
		return false, fmt.Errorf("ask %s for rows up to %d: there was no answer", s.id(a.Table), a.UpTo)
	case err != nil:
		return false, s.explain(fmt.Errorf("ask %s for rows up to %d: %w", s.id(a.Table), a.UpTo, err))
	}
	here, _ := counts[0].(int64)
	beyond, _ := counts[1].(int64)
	if beyond > 0 {
		return false, s.ahead(a, beyond)
	}
	return here > 0, nil
}

// ahead is the failure for a table that has more rows than the log knows about.
func (s *Sink) ahead(a attempt, rows int64) error {
	number := s.targets[a.Table].number
	return &ship.Failure{Reason: ship.Conflict, Err: fmt.Errorf(
		"%s has %d rows of this log beyond %s %d, of which the log knows nothing: it was restored from an older copy, or a copy of it was shipped, too. "+
			"Rows of two histories would share their numbers. Delete those (DELETE FROM `%s` WHERE log_id = '%s' AND %s > %d), or give this log an id of its own "+
			"(UPDATE meta SET value = 'a new UUID' WHERE key = 'log_id') and run `drift_exporter log forget --destination=%s`",
		s.id(a.Table), rows, number, a.UpTo, s.id(a.Table), a.LogID, number, a.UpTo, s.Name())}
}
