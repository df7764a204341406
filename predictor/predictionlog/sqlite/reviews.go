package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// HashedReview is the text, as an expression of SQL, whose SHA-256 is the hash of a review.
const HashedReview = "json_array(previous, seq, time, prediction_id, reviewer, outcome, probability, note)"

// AppendReview adds what a person says to the chain of reviews. It returns the row once it is on
// the disk. The error wraps ErrNotFound or ErrPruned if the prediction is not in the log.
func (e *Evidence) AppendReview(ctx context.Context, r predictionlog.Review) (row predictionlog.ReviewRow, err error) {
	err = e.write(ctx, true, func(tx *transaction) error {
		if _, err := tx.predictionOf(&predictionlog.Feedback{PredictionID: &r.PredictionID}); err != nil {
			return err
		}
		row, err = tx.appendReview(r)
		return err
	})
	if err != nil {
		return predictionlog.ReviewRow{}, fmt.Errorf("add the review of prediction %d: %w", r.PredictionID, err)
	}
	return row, nil
}

func (tx *transaction) appendReview(r predictionlog.Review) (predictionlog.ReviewRow, error) {
	row := predictionlog.ReviewRow{
		Time: tx.now, PredictionID: r.PredictionID, Reviewer: r.Reviewer, Outcome: r.Outcome, Probability: r.Probability, Note: r.Note,
	}
	last, err := tx.conn.First(context.Background(), `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'reviews'), 0) + 1,
		coalesce((SELECT hash FROM reviews ORDER BY seq DESC LIMIT 1), '')`)
	if err != nil {
		return row, err
	}
	f := file.Fields{Row: last}
	row.Seq, row.Previous = f.Integer(0), f.Text(1)
	if f.Err != nil {
		return row, tx.conn.Damaged("newest review", f.Err)
	}
	values := []driver.Value{row.Previous, row.Seq, row.Time, row.PredictionID, row.Reviewer, row.Outcome, probabilityOrNull(row.Probability), row.Note}
	text, err := tx.conn.First(context.Background(), "SELECT "+HashedReview+" FROM (SELECT ? AS previous, ? AS seq, ? AS time, ? AS prediction_id, ? AS reviewer, ? AS outcome, ? AS probability, ? AS note)", values...)
	if err != nil {
		return row, err
	}
	f = file.Fields{Row: text}
	sum := sha256.Sum256([]byte(f.Text(0)))
	if row.Hash = hex.EncodeToString(sum[:]); f.Err != nil {
		return row, f.Err
	}
	return row, tx.conn.Do("INSERT INTO reviews (previous, seq, time, prediction_id, reviewer, outcome, probability, note, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", append(values, row.Hash)...)
}

func probabilityOrNull(p float64) driver.Value {
	if p == 0 {
		return nil
	}
	return p
}

// CheckedReviews calls yield with every review, in order, and whether the row is what was hashed
// when it was written. Of an erased review that is not known, and intact is true.
func (r *Reader) CheckedReviews(ctx context.Context, upTo int64, yield func(row *predictionlog.ReviewRow, intact bool) error) error {
	const query = `SELECT seq, time, prediction_id, reviewer, outcome, note, coalesce(probability, 0.0), previous, hash, ` + HashedReview + `
FROM reviews WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500`
	return r.numbered(ctx, "reviews", query, -1, upTo, func(f *file.Fields) func() error {
		row, text := reviewAt(f), f.Text(9)
		return func() error {
			sum := sha256.Sum256([]byte(text))
			return yield(&row, row.Erased() || hex.EncodeToString(sum[:]) == row.Hash)
		}
	})
}

// CountErasedReviews returns how many reviews have been erased.
func (r *Reader) CountErasedReviews(ctx context.Context) (n int64, err error) {
	err = r.use(ctx, false, func(c *file.Connection) error {
		row, err := c.First(ctx, "SELECT count(*) FROM reviews WHERE reviewer = '' AND outcome = '' AND note = ''")
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		n = f.Integer(0)
		return f.Err
	})
	if err != nil {
		return 0, fmt.Errorf("count the erased reviews: %w", err)
	}
	return n, nil
}

// reviewAt reads the columns of selectShippedReviews.
func reviewAt(f *file.Fields) predictionlog.ReviewRow {
	return predictionlog.ReviewRow{
		Seq: f.Integer(0), Time: f.Integer(1), PredictionID: f.Integer(2), Reviewer: f.Text(3), Outcome: f.Text(4), Note: f.Text(5),
		Probability: f.Real(6), Previous: f.Text(7), Hash: f.Text(8),
	}
}

// FirstSince returns the id of the first prediction that is there and was made at this time, in
// nanoseconds since 1970, or later. It returns -1 if there is none. Times rise with ids, so it
// looks at a few rows only.
func (r *Reader) FirstSince(ctx context.Context, time int64) (id int64, err error) {
	err = r.use(ctx, false, func(c *file.Connection) error {
		id = -1
		low, high, err := ends(ctx, c, predictionEnds)
		if err != nil {
			return err
		}
		f := file.Fields{}
		for f.Err == nil && low <= high {
			middle := low + (high-low)/2
			row, err := c.First(ctx, "SELECT id, time FROM predictions WHERE id >= ? ORDER BY id LIMIT 1", middle)
			if err != nil || row == nil {
				return err
			}
			f = file.Fields{Row: row}
			if at := f.Integer(0); f.Integer(1) >= time {
				id, high = at, middle-1
			} else {
				low = at + 1
			}
		}
		return f.Err
	})
	if err != nil {
		return -1, fmt.Errorf("look for the first prediction of a time: %w", err)
	}
	return id, nil
}
