package predictionlog

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
)

// Table is one of the log's three tables of rows.
type Table string

// The tables. Predictions are numbered by their id, the others by their seq.
const (
	TablePredictions Table = "predictions"
	TableFeedback    Table = "feedback"
	TableErrors      Table = "errors"
)

// Tables are all of them.
var Tables = []Table{TablePredictions, TableFeedback, TableErrors}

// Of returns the id that belongs to a table.
func (u UpTo) Of(t Table) int64 {
	switch t {
	case TablePredictions:
		return u.Predictions
	case TableFeedback:
		return u.Feedback
	}
	return u.Errors
}

// Progress is how far a table has been shipped to a destination.
type Progress struct {
	// UpTo is the newest id of which it is known that it and all before it have
	// arrived, -1 for none.
	UpTo int64
	// AttemptUpTo is the last id of the newest batch, and Attempt what the
	// destination needs to know to tell whether that arrived; empty before the
	// first one. The batch has arrived when AttemptUpTo is UpTo or less.
	AttemptUpTo int64
	Attempt     string
}

// Shipping is one destination's progress, kept in the log itself. It stands
// beside the predictor and takes the write lock for one short transaction a
// batch. One process holds it at a time.
type Shipping struct {
	path, destination string
	conn              *connection
	file              identity
	lock              *os.File
}

// OpenShipping opens the progress of a destination, which from then on is a
// destination of this log: retention keeps the rows that have not arrived there.
// The user needs write access to the log and its directory. It fails when
// another process ships this log to that destination.
func OpenShipping(ctx context.Context, path, destination string) (*Shipping, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	conn, file, err := openToWrite(ctx, path, false)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(destination))
	name := fmt.Sprintf("%s.ship-%x.lock", path, hash[:4])
	lock, err := lockFile(name, fmt.Errorf("prediction log %s %w: another process ships it to %s, and one at a time can; stop the other (`fuser %s` names it)", path, ErrHeld, destination, name),
		"shipping needs write access to the log's directory")
	if err != nil {
		return nil, errors.Join(err, conn.close())
	}
	s := &Shipping{path: path, destination: destination, conn: conn, file: file, lock: lock}
	err = s.write(func() error {
		for _, t := range Tables {
			if err := conn.do("INSERT OR IGNORE INTO shipped (destination, log) VALUES (?, ?)", destination, string(t)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets the destination go.
func (s *Shipping) Close() error {
	return errors.Join(explain(s.path, s.conn.close()), s.lock.Close())
}

// Progress returns how far a table has come.
func (s *Shipping) Progress(ctx context.Context, t Table) (Progress, error) {
	row, err := s.conn.first(ctx, "SELECT up_to_id, coalesce(attempt_id, -1), coalesce(attempt, '') FROM shipped WHERE destination = ? AND log = ?", s.destination, string(t))
	if err != nil {
		return Progress{}, explain(s.path, err)
	}
	if row == nil {
		return Progress{}, s.forgotten()
	}
	f := fields{row: row}
	return Progress{UpTo: f.integer(0), AttemptUpTo: f.integer(1), Attempt: f.text(2)}, f.err
}

// Attempt records, on disk, that a batch that ends with id upTo is about to leave.
func (s *Shipping) Attempt(t Table, upTo int64, attempt string) error {
	return s.update(t, "UPDATE shipped SET attempt_id = ?3, attempt = ?4 WHERE destination = ?1 AND log = ?2 RETURNING 1", upTo, attempt)
}

// Arrived records, on disk, that the rows up to an id have arrived.
func (s *Shipping) Arrived(t Table, upTo int64) error {
	return s.update(t, "UPDATE shipped SET up_to_id = max(up_to_id, ?3) WHERE destination = ?1 AND log = ?2 RETURNING 1", upTo)
}

// update changes the destination's row of a table.
func (s *Shipping) update(t Table, query string, args ...driver.Value) error {
	return s.write(func() error {
		row, err := s.conn.first(context.Background(), query, append([]driver.Value{s.destination, string(t)}, args...)...)
		if err == nil && row == nil {
			err = s.forgotten()
		}
		return err
	})
}

func (s *Shipping) forgotten() error {
	return fmt.Errorf("prediction log %s no longer knows the destination %s: it was forgotten while it was shipped to", s.path, s.destination)
}

// write runs f in one transaction on the log that has the log's name.
func (s *Shipping) write(f func() error) error {
	if file, _, err := identify(s.path); err != nil || file != s.file {
		return errors.Join(fmt.Errorf("prediction log %s %w while it was shipped", s.path, ErrReplaced), explain(s.path, err))
	}
	err := s.conn.do("BEGIN IMMEDIATE")
	if err == nil {
		err = f()
	}
	if err == nil {
		err = s.conn.do("COMMIT")
	}
	if err != nil {
		err = errors.Join(err, rollback(s.conn))
	}
	return explain(s.path, err)
}

// Forget takes a destination out of the log, so that retention no longer waits
// for it. If it is shipped to again, it gets every row that is there from the
// start.
func Forget(ctx context.Context, path, destination string) error {
	return care(ctx, path, false, func(c *connection) error {
		row, err := c.first(ctx, "SELECT coalesce(group_concat(DISTINCT destination), '') FROM shipped")
		if err != nil {
			return err
		}
		f := fields{row: row}
		known := f.text(0)
		row, err = c.first(ctx, "DELETE FROM shipped WHERE destination = ? RETURNING 1", destination)
		switch {
		case err != nil:
			return err
		case row == nil && known == "":
			return fmt.Errorf("forget destination %q: this log is not shipped anywhere", destination)
		case row == nil:
			return fmt.Errorf("forget destination %q: this log is not shipped there, but to %s", destination, strings.ReplaceAll(known, ",", " and "))
		}
		return nil
	})
}

// held is, for each table, the newest id that has arrived at every destination;
// what is above is kept.
type held struct {
	upTo        UpTo
	destination string // that has come least far in predictions
}

// shipped returns what has arrived everywhere.
func (tx *transaction) shipped() (held, error) {
	h := held{upTo: UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64}}
	err := tx.conn.query(context.Background(), "SELECT log, min(up_to_id), destination FROM shipped GROUP BY log", func(row []driver.Value) error {
		f := fields{row: row}
		switch Table(f.text(0)) {
		case TablePredictions:
			h.upTo.Predictions, h.destination = f.integer(1), f.text(2)
		case TableFeedback:
			h.upTo.Feedback = f.integer(1)
		case TableErrors:
			h.upTo.Errors = f.integer(1)
		}
		return f.err
	})
	return h, err
}
