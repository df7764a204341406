package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/mattn/go-sqlite3"
)

// transaction is one open write transaction.
type transaction struct {
	conn *file.Connection
	// next is the id of the next prediction. first is the id of the transaction's first
	// prediction. now is the time of all rows, in nanoseconds.
	next, first, now int64
	// logID is the id of the log.
	logID string
	// classes say which texts are the same outcome.
	classes *value.ClassReader
	// saved says that the Writer's sums have been added to the log's sums.
	saved bool
}

// Backwards is the minimum time, in nanoseconds, by which the clock must have been set back
// before the log follows it.
const Backwards = int64(time.Minute)

// usualClasses are 0 and 1 in every spelling. Other texts stay unchanged.
var usualClasses = value.NewClassReader(nil)

// begin takes the write lock and then reads the time. So times rise with ids, even if others
// write the log too.
func begin(c *file.Connection, clock func() time.Time) (*transaction, error) {
	if err := c.Do("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	row, err := c.First(context.Background(), `SELECT
		max(coalesce((SELECT max(id) FROM predictions), -1), (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions')) + 1,
		coalesce((SELECT time FROM predictions ORDER BY id DESC LIMIT 1), 0),
		(SELECT value FROM meta WHERE key = 'log_id')`)
	if err != nil {
		return nil, errors.Join(err, c.Rollback())
	}
	f := file.Fields{Row: row}
	tx := &transaction{conn: c, next: f.Integer(0), first: f.Integer(0), logID: f.Text(2), classes: usualClasses, now: after(f.Integer(1), clock().UnixNano())}
	if f.Err != nil {
		return nil, errors.Join(c.Damaged("newest row", f.Err), c.Rollback())
	}
	return tx, nil
}

// after returns the time of a row that follows a row with time last.
func after(last, now int64) int64 {
	if now < last && last-now <= Backwards {
		return last
	}
	return max(0, now)
}

// attempt runs f. If f fails, its changes are undone. attempt returns the error of f separately
// from an error that ends the whole transaction.
func (tx *transaction) attempt(f func() error) (own, fatal error) {
	if err := tx.conn.Exec("SAVEPOINT task"); err != nil {
		return nil, err
	}
	next := tx.next
	own = f()
	if own == nil {
		return nil, tx.conn.Exec("RELEASE task")
	}
	if breaks(own) {
		return nil, own
	}
	tx.next = next
	return own, tx.conn.Exec("ROLLBACK TO task; RELEASE task")
}

// breaks reports whether an error says that the log cannot be written, and not only that a row
// was refused.
func breaks(err error) bool {
	var problem sqlite3.Error
	if !errors.As(err, &problem) {
		return errors.Is(err, file.ErrCorrupt)
	}
	switch problem.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch, sqlite3.ErrRange:
		return false
	}
	return true
}

// insertErrors adds n refusals of one kind.
func (tx *transaction) insertErrors(kind refusal, n int64) error {
	return tx.conn.Do(`INSERT INTO errors (time, model, version, reason)
		WITH RECURSIVE repeated (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM repeated WHERE i < ?1)
		SELECT ?2, ?3, ?4, ?5 FROM repeated`, n, tx.now, kind.model, kind.version, kind.reason)
}
