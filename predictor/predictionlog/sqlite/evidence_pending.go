package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// stepRows is the number of rows in one transaction of Match or Expire.
const stepRows = 100

// wait keeps an outcome until its prediction arrives.
func (r *received) wait(f *predictionlog.Feedback, record func() string) error {
	if _, id, ok := predictionlog.ParseOwnRequestID(f.RequestID); ok && f.PredictionID == nil {
		f.PredictionID = &id // of this log: another's has been refused
	}
	// Each of the two columns has an index of the rows in which it is not NULL.
	query := "SELECT 1 FROM outcomes_pending WHERE prediction_id = ?1 AND request_id IS ?2"
	if f.PredictionID == nil {
		query = "SELECT 1 FROM outcomes_pending WHERE request_id = ?2 AND prediction_id IS ?1"
	}
	row, err := r.tx.conn.First(context.Background(), query+" AND source = ?3 AND outcome = ?4 AND confidence = ?5 AND observed_at IS ?6",
		idOrNull(f.PredictionID), textOrNull(f.RequestID), f.Source, f.Outcome, f.Confidence, timeOrNull(f.ObservedAt))
	if err != nil {
		return err
	}
	if row != nil {
		r.Unchanged++
		return nil
	}
	if r.pending < 0 {
		if r.pending, err = countRows(r.tx.conn, "outcomes_pending"); err != nil {
			return err
		}
	}
	if r.pending >= r.options.PendingLimit {
		return r.reject(f.Source, predictionlog.RejectedPendingFull, record())
	}
	r.pending++
	r.Pending++
	return r.tx.conn.Do(`INSERT INTO outcomes_pending (received_at, prediction_id, request_id, source, outcome, confidence, observed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, r.tx.now, idOrNull(f.PredictionID), textOrNull(f.RequestID), f.Source, f.Outcome, f.Confidence, timeOrNull(f.ObservedAt))
}

func countRows(c *file.Connection, table string) (int64, error) {
	row, err := c.First(context.Background(), "SELECT count(*) FROM "+table)
	if err != nil {
		return 0, err
	}
	f := file.Fields{Row: row}
	return f.Integer(0), f.Err
}

const selectWaiting = "SELECT seq, received_at, prediction_id, request_id, source, outcome, confidence, observed_at FROM outcomes_pending "

func waitingAt(row []driver.Value) (predictionlog.Waiting, error) {
	f := file.Fields{Row: row}
	w := predictionlog.Waiting{Seq: f.Integer(0), ReceivedAt: f.Integer(1), Feedback: feedbackAt(&f, 2)}
	return w, f.Err
}

// Match adds waiting outcomes whose predictions have arrived, at most stepRows of those with a
// number above after. It returns what happened to them by source, and the number to continue
// after, or -1 if there are no more. The search takes no lock.
func (e *Evidence) Match(ctx context.Context, after int64) (map[string]predictionlog.Received, int64, error) {
	return e.step(ctx, func(r *received, w *predictionlog.Waiting) (bool, error) {
		err := r.settle(&w.Feedback, w.ReceivedAt)
		if errors.Is(err, predictionlog.ErrNotFound) {
			return false, nil
		}
		if reason := rejection(err); reason != "" {
			return true, r.reject(w.Source, reason, asRecord(&w.Feedback))
		}
		return true, err
	}, selectWaiting+`WHERE seq > ? AND (
			prediction_id <= max(coalesce((SELECT max(id) FROM predictions), -1), (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions'))
			OR EXISTS (SELECT 1 FROM predictions p WHERE p.request_id = outcomes_pending.request_id AND p.shadow_of IS NULL))
		ORDER BY seq LIMIT 100`, after)
}

// Expire sets aside outcomes that have waited longer than age for their prediction. Otherwise it
// works like Match.
func (e *Evidence) Expire(ctx context.Context, after int64, age time.Duration) (map[string]predictionlog.Received, int64, error) {
	return e.step(ctx, func(r *received, w *predictionlog.Waiting) (bool, error) {
		return true, r.reject(w.Source, predictionlog.RejectedExpired, asRecord(&w.Feedback))
	}, selectWaiting+"WHERE seq > ? AND received_at < ? ORDER BY seq LIMIT 100", after, e.options.Now().Add(-age).UnixNano())
}

// step finds waiting outcomes and calls one for each. The result says whether the outcome is done
// waiting.
func (e *Evidence) step(ctx context.Context, one func(*received, *predictionlog.Waiting) (bool, error), query string, args ...driver.Value) (map[string]predictionlog.Received, int64, error) {
	found, err := e.waiting(ctx, query, args)
	if err != nil || len(found) == 0 {
		return nil, -1, err
	}
	var all map[string]*received
	err = e.write(ctx, true, func(tx *transaction) error {
		all = map[string]*received{}
		return tx.owning(e.options.Agreement, func() error {
			for i := range found {
				w := &found[i]
				if all[w.Source] == nil {
					all[w.Source] = &received{tx: tx, options: &e.options, pending: -1, known: &e.rejected}
				}
				if err := all[w.Source].examine(w, one); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, 0, fmt.Errorf("look through the outcomes that wait: %w", err)
	}
	result := map[string]predictionlog.Received{}
	for source, r := range all {
		result[source] = r.Received
	}
	if len(found) < stepRows {
		return result, -1, nil
	}
	return result, found[len(found)-1].Seq, nil
}

// waiting reads waiting outcomes.
func (e *Evidence) waiting(ctx context.Context, query string, args []driver.Value) (found []predictionlog.Waiting, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.connect(ctx); err != nil {
		return nil, err
	}
	err = e.conn.Query(ctx, query, func(row []driver.Value) error {
		w, err := waitingAt(row)
		found = append(found, w)
		return err
	}, args...)
	return found, file.Explain(e.path, err)
}

// Trim deletes rejected records that are older than age, or beyond the newest limit ones. It
// deletes at most stepRows records and returns their number. If that is stepRows, there may be
// more to delete.
func (e *Evidence) Trim(ctx context.Context, limit int64, age time.Duration) (n int64, err error) {
	err = e.write(ctx, true, func(tx *transaction) error {
		n = 0
		return tx.conn.Query(context.Background(), `DELETE FROM outcomes_rejected WHERE seq IN (
			SELECT seq FROM (SELECT seq, received_at FROM outcomes_rejected ORDER BY seq LIMIT 100)
			WHERE received_at < ?1 OR seq <= (SELECT max(seq) FROM outcomes_rejected) - ?2) RETURNING seq`, func([]driver.Value) error {
			n++
			return nil
		}, tx.now-int64(age), limit)
	})
	return n, err
}

// examine calls one with an outcome that waits, and removes it if it is done.
func (r *received) examine(w *predictionlog.Waiting, one func(*received, *predictionlog.Waiting) (bool, error)) error {
	row, err := r.tx.conn.First(context.Background(), "SELECT 1 FROM outcomes_pending WHERE seq = ?", w.Seq)
	if err != nil || row == nil { // another process was quicker
		return err
	}
	done, err := one(r, w)
	if err == nil && done {
		err = r.tx.conn.Do("DELETE FROM outcomes_pending WHERE seq = ?", w.Seq)
	}
	return err
}
