package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// PendingOutcomes calls yield with the outcomes that wait for their prediction, from one source,
// or from all sources if source is empty.
func (r *Reader) PendingOutcomes(ctx context.Context, source string, yield func(predictionlog.Waiting) error) error {
	return r.pages(ctx, selectWaiting+"WHERE seq > ?1 AND (?2 = '' OR source = ?2) ORDER BY seq LIMIT 1000", source, func(row []driver.Value) (int64, error) {
		w, err := waitingAt(row)
		if err != nil {
			return 0, err
		}
		return w.Seq, yield(w)
	})
}

// RejectedRecords calls yield with the records that were set aside, from one source, or from all
// sources if source is empty.
func (r *Reader) RejectedRecords(ctx context.Context, source string, yield func(predictionlog.Rejected) error) error {
	return r.pages(ctx, `SELECT seq, received_at, source, reason, record FROM outcomes_rejected
		WHERE seq > ?1 AND (?2 = '' OR source = ?2) ORDER BY seq LIMIT 1000`, source, func(row []driver.Value) (int64, error) {
		f := file.Fields{Row: row}
		one := predictionlog.Rejected{Seq: f.Integer(0), ReceivedAt: f.Integer(1), Source: f.Text(2),
			RejectedRecord: predictionlog.RejectedRecord{Reason: f.Text(3), Record: f.Text(4)}}
		if f.Err != nil {
			return 0, f.Err
		}
		return one.Seq, yield(one)
	})
}

// pages runs a query of at most 1000 rows again and again, each time above the number of the last
// row, so that no read transaction is long.
func (r *Reader) pages(ctx context.Context, query, source string, one func(row []driver.Value) (int64, error)) error {
	for after, more := int64(-1), true; more; {
		var rows [][]driver.Value
		err := r.use(ctx, false, func(c *file.Connection) error {
			return c.Query(ctx, query, func(row []driver.Value) error {
				rows = append(rows, append([]driver.Value(nil), row...))
				return nil
			}, after, source)
		})
		if err != nil {
			return fmt.Errorf("read outcomes: %w", err)
		}
		for _, row := range rows {
			if after, err = one(row); err != nil {
				return err
			}
		}
		more = len(rows) == 1000
	}
	return nil
}

// CountPending returns how many outcomes of each source wait for their prediction.
func (r *Reader) CountPending(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{}
	err := r.use(ctx, false, func(c *file.Connection) error {
		return c.Query(ctx, "SELECT source, count(*) FROM outcomes_pending GROUP BY source", func(row []driver.Value) error {
			f := file.Fields{Row: row}
			counts[f.Text(0)] = f.Integer(1)
			return f.Err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count the outcomes that wait: %w", err)
	}
	return counts, nil
}

// SourcesRead returns when each source was last read, in nanoseconds since 1970.
func (r *Reader) SourcesRead(ctx context.Context) (map[string]int64, error) {
	times := map[string]int64{}
	err := r.use(ctx, false, func(c *file.Connection) error {
		return c.Query(ctx, "SELECT source, updated_at FROM outcome_sources", func(row []driver.Value) error {
			f := file.Fields{Row: row}
			source, _, _ := strings.Cut(f.Text(0), partMark)
			times[source] = max(times[source], f.Integer(1))
			return f.Err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read how far the sources are: %w", err)
	}
	return times, nil
}

// Statements calls yield with the last statement of each source about every prediction, from the
// newest limit rows of evidence, sorted by prediction.
func (r *Reader) Statements(ctx context.Context, limit int64, yield func(predictionlog.Statement) error) error {
	err := r.use(ctx, false, func(c *file.Connection) error {
		return c.Query(ctx, `SELECT o.prediction_id, o.source, o.outcome, o.confidence, coalesce(f.outcome, ''),
			coalesce(f.class, (SELECT class FROM predictions p WHERE p.id = o.prediction_id)) IS '', max(o.seq)
			FROM outcomes o LEFT JOIN feedback f ON f.seq = (SELECT max(seq) FROM feedback WHERE prediction_id = o.prediction_id)
			WHERE o.prediction_id IS NOT NULL AND o.reason <> 'older' AND o.seq > (SELECT coalesce(max(seq), 0) FROM outcomes) - ?
			GROUP BY o.prediction_id, o.source ORDER BY o.prediction_id, o.source`, func(row []driver.Value) error {
			f := file.Fields{Row: row}
			s := predictionlog.Statement{PredictionID: f.Integer(0), Source: f.Text(1), Outcome: f.Text(2), Confidence: f.Real(3), Counts: f.Text(4), Number: f.Integer(5) == 1}
			if f.Err != nil {
				return f.Err
			}
			return yield(s)
		}, limit)
	})
	if err != nil {
		return fmt.Errorf("read what the sources say: %w", err)
	}
	return nil
}
