package predictionlog

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/mattn/go-sqlite3"
)

// transaction is one open write transaction.
type transaction struct {
	conn *connection
	// next is the id of the next prediction, first that of the transaction's
	// first one, now the time of all rows, in nanoseconds.
	next, first, now int64
	// saved says that the Writer's sums are in the log's.
	saved bool
}

// backwards is how far the clock must have been set back to be believed.
const backwards = int64(time.Minute)

// begin takes the write lock, and then the time: so times rise with ids,
// whoever else writes the log.
func begin(c *connection, clock func() time.Time) (*transaction, error) {
	if err := c.do("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	row, err := c.first(context.Background(), `SELECT
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'predictions'), -1) + 1,
		coalesce((SELECT time FROM predictions ORDER BY id DESC LIMIT 1), 0)`)
	if err != nil {
		return nil, errors.Join(err, rollback(c))
	}
	f := fields{row: row}
	tx := &transaction{conn: c, next: f.integer(0), first: f.integer(0), now: after(f.integer(1), clock().UnixNano())}
	if f.err != nil {
		return nil, errors.Join(c.damaged("newest row", f.err), rollback(c))
	}
	return tx, nil
}

// after returns the time of a row that follows one of time last.
func after(last, now int64) int64 {
	if now < last && last-now <= backwards {
		return last
	}
	return max(0, now)
}

// rollback ends a transaction, unless SQLite has ended it already.
func rollback(c *connection) error {
	if c.raw.AutoCommit() {
		return nil
	}
	return c.exec("ROLLBACK")
}

// attempt runs f so that, when it fails, it has changed nothing. It tells the
// error of f apart from one that ends the whole transaction.
func (tx *transaction) attempt(f func() error) (own, fatal error) {
	if err := tx.conn.exec("SAVEPOINT task"); err != nil {
		return nil, err
	}
	next := tx.next
	own = f()
	if own == nil {
		return nil, tx.conn.exec("RELEASE task")
	}
	if breaks(own) {
		return nil, own
	}
	tx.next = next
	return own, tx.conn.exec("ROLLBACK TO task; RELEASE task")
}

// breaks reports whether an error says that the log cannot be written, rather
// than that a row was refused.
func breaks(err error) bool {
	var problem sqlite3.Error
	if !errors.As(err, &problem) {
		return errors.Is(err, ErrCorrupt)
	}
	switch problem.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch, sqlite3.ErrRange:
		return false
	}
	return true
}

// commit writes a group in one transaction and gives every task its result.
func (w *Writer) commit(g *group) error {
	began := time.Now()
	rows, err := w.write(g)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUnavailable, explain(w.path, err))
		for _, t := range g.tasks {
			t.records, t.err = nil, err
		}
	}
	if now := time.Now(); rows > 0 || err != nil {
		w.last = now
		w.options.OnCommit(rows, now.Sub(began), err)
	}
	w.mu.Lock()
	before := w.state
	w.state = err
	w.mu.Unlock()
	switch {
	case err != nil && before == nil:
		w.options.Logger.Error("prediction log cannot be written", "err", err)
	case err == nil && before != nil:
		w.options.Logger.Info("prediction log can be written again")
	}
	return err
}

// write writes a group in one transaction. It returns an error only when the
// log cannot be written; then nothing was.
func (w *Writer) write(g *group) (rows int, err error) {
	if err := w.connect(context.Background()); err != nil {
		return 0, err
	}
	w.prune.lost = 0
	defer func() {
		if err != nil {
			if w.conn != nil {
				w.drop() // rolls back
			}
			rows = 0
		}
	}()
	tx, err := w.begin(g)
	if err != nil {
		return 0, err
	}
	if err := tx.insertAll(g.tasks); err != nil {
		if breaks(err) {
			return 0, err
		}
		// One row was refused, or its request id is known: find out whose.
		if err := rollback(w.conn); err != nil {
			return 0, err
		}
		if tx, err = w.begin(g); err != nil {
			return 0, err
		}
		if err := tx.insertEach(g.tasks); err != nil {
			return 0, err
		}
	}
	rows, err = tx.rest(g.tasks)
	if err != nil {
		return 0, err
	}
	refused := w.refused.some()
	for kind, n := range refused {
		if err := tx.insertErrors(kind, n); err != nil {
			return 0, err
		}
		rows += int(n)
	}
	if err := w.retain(tx, rows); err != nil {
		return 0, err
	}
	if rows == 0 && w.Ready() != nil {
		// Nothing to write: write something, to see whether that works again.
		if err := w.conn.exec("UPDATE totals_up_to SET up_to_id = up_to_id"); err != nil {
			return 0, err
		}
	}
	if err := w.conn.do("COMMIT"); err != nil {
		return 0, err
	}
	w.refused.written(refused)
	if w.prune.lost > 0 {
		w.options.OnUnshipped(w.prune.lost)
	}
	w.sums.committed(tx.first, tx.saved, g.tasks)
	w.dirty = w.dirty || rows > 0
	return rows, nil
}

// begin begins the transaction of a group.
func (w *Writer) begin(g *group) (*transaction, error) {
	tx, err := begin(w.conn, w.options.Now)
	if err == nil && crosses(tx.next, int64(g.rows)) {
		tx.saved, err = w.sums.save(tx)
	}
	return tx, err
}

// rest does the tasks that are not predictions, and counts the rows of all.
func (tx *transaction) rest(tasks []*task) (rows int, err error) {
	for _, t := range tasks {
		if t.work == nil {
			for i := range t.records {
				if !t.records[i].Repeated {
					rows++
				}
			}
			continue
		}
		var added int
		var fatal error
		t.err, fatal = tx.attempt(func() (err error) {
			added, err = t.work(tx)
			return err
		})
		if fatal != nil {
			return 0, fatal
		}
		if t.err == nil {
			rows += added
		}
	}
	return rows, nil
}

// insertErrors adds n refusals of one kind.
func (tx *transaction) insertErrors(kind refusal, n int64) error {
	return tx.conn.do(`INSERT INTO errors (time, model, version, reason)
		WITH RECURSIVE repeated (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM repeated WHERE i < ?1)
		SELECT ?2, ?3, ?4, ?5 FROM repeated`, n, tx.now, kind.model, kind.version, kind.reason)
}

// count runs a statement and returns its number of rows.
func (tx *transaction) count(query string, args ...driver.Value) (n int64, err error) {
	err = tx.conn.query(context.Background(), query, func([]driver.Value) error {
		n++
		return nil
	}, args...)
	return n, err
}
