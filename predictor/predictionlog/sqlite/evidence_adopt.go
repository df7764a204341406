package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// adopted says which feedback has become evidence, or came from evidence. It is kept in the table
// meta, and is there only for logs whose sources decide by agreement.
type adopted struct {
	// UpTo is the number of the last row of which this is known.
	UpTo int64 `json:"up_to"`
	// Own are ranges of later rows that came from evidence, in order.
	Own [][2]int64 `json:"own,omitempty"`
}

const adoptedKey = "feedback_evidence"

// readAdopted returns nil if the log has none.
func (tx *transaction) readAdopted() (*adopted, error) {
	row, err := tx.conn.First(context.Background(), "SELECT value FROM meta WHERE key = ?", adoptedKey)
	if err != nil || row == nil {
		return nil, err
	}
	f := file.Fields{Row: row}
	a := &adopted{}
	if err := json.Unmarshal([]byte(f.Text(0)), a); err != nil {
		return nil, tx.conn.Damaged("meta "+adoptedKey, err)
	}
	return a, f.Err
}

func (tx *transaction) writeAdopted(a *adopted) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return tx.conn.Do("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", adoptedKey, string(text))
}

// newestFeedback returns the largest number of any row of feedback.
func (tx *transaction) newestFeedback() (int64, error) {
	row, err := tx.conn.First(context.Background(), "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feedback'), 0)")
	if err != nil {
		return 0, err
	}
	f := file.Fields{Row: row}
	return f.Integer(0), f.Err
}

// owning runs f, and notes that the feedback that it writes comes from evidence.
func (tx *transaction) owning(agreement bool, f func() error) error {
	if !agreement {
		return f()
	}
	before, err := tx.newestFeedback()
	if err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	after, err := tx.newestFeedback()
	if err != nil || after == before {
		return err
	}
	a, err := tx.readAdopted()
	if err != nil || a == nil {
		return err
	}
	a.own(before+1, after)
	return tx.writeAdopted(a)
}

// own adds a range of rows that came from evidence.
func (a *adopted) own(from, to int64) {
	if a.UpTo == from-1 {
		a.UpTo = to
		return
	}
	if n := len(a.Own); n > 0 && a.Own[n-1][1] == from-1 {
		a.Own[n-1][1] = to
		return
	}
	a.Own = append(a.Own, [2]int64{from, to})
}

// advance goes up to a row, and past rows that came from evidence.
func (a *adopted) advance(seq int64) {
	a.UpTo = max(a.UpTo, seq)
	for len(a.Own) > 0 && a.Own[0][0] <= a.UpTo+1 {
		a.UpTo = max(a.UpTo, a.Own[0][1])
		a.Own = a.Own[1:]
	}
}

// Adopt makes evidence of feedback that came in another way, such as over HTTP, and lets the
// sources agree again. It does nothing unless they decide by agreement. It begins with feedback
// that comes after the first call, and reports whether there is more.
func (e *Evidence) Adopt(ctx context.Context) (by map[string]predictionlog.Received, more bool, err error) {
	by = map[string]predictionlog.Received{}
	err = e.write(ctx, false, func(tx *transaction) error {
		if !e.options.Agreement {
			return nil
		}
		a, err := tx.readAdopted()
		if err != nil {
			return err
		}
		newest, err := tx.newestFeedback()
		if err != nil {
			return err
		}
		if a == nil {
			return tx.writeAdopted(&adopted{UpTo: newest})
		}
		if a.UpTo >= newest {
			return nil
		}
		more, err = tx.adopt(a, &e.options, by)
		if err != nil {
			return err
		}
		return tx.writeAdopted(a)
	})
	if err != nil {
		return nil, false, fmt.Errorf("make evidence of feedback: %w", err)
	}
	return by, more, nil
}

// adopt makes evidence of the next rows.
func (tx *transaction) adopt(a *adopted, o *EvidenceOptions, by map[string]predictionlog.Received) (more bool, err error) {
	type foreign struct {
		seq, time int64
		predictionlog.Feedback
	}
	var rows []foreign
	last := a.UpTo
	err = tx.conn.Query(context.Background(), `SELECT seq, time, prediction_id, source, outcome, confidence, coalesce(observed_at, time)
		FROM feedback WHERE seq > ? ORDER BY seq LIMIT ? + 0`, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		id := f.Integer(2)
		one := foreign{f.Integer(0), f.Integer(1), predictionlog.Feedback{
			PredictionID: &id, Source: f.Text(3), Outcome: f.Text(4), Confidence: f.Real(5), ObservedAt: time.Unix(0, f.Integer(6)).UTC(),
		}}
		last = one.seq
		rows = append(rows, one)
		return f.Err
	}, a.UpTo, int64(stepRows))
	if err != nil {
		return false, err
	}
	before, err := tx.newestFeedback()
	if err != nil {
		return false, err
	}
	if len(rows) < stepRows {
		last = before // the rows in between were deleted
	}
	for _, row := range rows {
		if a.isOwn(row.seq) {
			continue
		}
		r := received{tx: tx, options: o, pending: -1}
		err := r.settle(&row.Feedback, row.time)
		switch {
		case errors.Is(err, predictionlog.ErrPruned), errors.Is(err, predictionlog.ErrNotFound), errors.Is(err, predictionlog.ErrNegativeDelay):
			continue
		case err != nil:
			return false, err
		}
		sum := by[row.Source]
		sum.Accepted, sum.Unchanged, sum.Overruled = sum.Accepted+r.Accepted, sum.Unchanged+r.Unchanged, sum.Overruled+r.Overruled
		by[row.Source] = sum
	}
	after, err := tx.newestFeedback()
	if err != nil {
		return false, err
	}
	if after > before {
		a.own(before+1, after)
	}
	a.advance(last)
	return a.UpTo < after, nil
}

// isOwn reports whether a row came from evidence.
func (a *adopted) isOwn(seq int64) bool {
	for _, own := range a.Own {
		if seq >= own[0] && seq <= own[1] {
			return true
		}
	}
	return false
}
