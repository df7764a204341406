package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Expiry deletes the rows of a log that are older than an age, while others write to the log.
// Make it with NewExpiry.
type Expiry struct{ pruner pruner }

// Waiting says how many rows are old enough to be deleted but stay, because Destination has not
// received them yet.
type Waiting struct {
	Predictions int64
	Destination string
}

// NewExpiry returns an Expiry for rows that are older than age.
func NewExpiry(age time.Duration) *Expiry {
	return &Expiry{pruner{age: age, logger: slog.New(slog.DiscardHandler)}}
}

// Step deletes at most 1000 rows of each table in one transaction, and returns their number.
// Their sums stay in the log. If there are none to delete, it looks for rows that wait to be
// shipped.
func (e *Expiry) Step(c *file.Connection) (deleted int64, waiting Waiting, err error) {
	tx, err := begin(c, time.Now)
	if err != nil {
		return 0, waiting, err
	}
	deleted, err = e.pruner.step(tx, restRows)
	if err == nil && deleted == 0 {
		waiting, err = tx.waiting(e.pruner.age)
	}
	if err != nil {
		return 0, waiting, errors.Join(err, c.Rollback())
	}
	return deleted, waiting, c.Exec("COMMIT")
}

// waiting counts the rows that are old enough to be deleted but stay.
func (tx *transaction) waiting(age time.Duration) (Waiting, error) {
	h, err := tx.shipped()
	if err != nil {
		return Waiting{}, err
	}
	row, err := tx.conn.First(context.Background(), "SELECT count(*) FROM predictions WHERE id > ? AND time < ?", h.of(predictionlog.TablePredictions), tx.now-int64(age))
	if err != nil {
		return Waiting{}, err
	}
	f := file.Fields{Row: row}
	return Waiting{Predictions: f.Integer(0), Destination: h.destination}, f.Err
}
