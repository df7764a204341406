package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Init makes an empty log at path, with mode 0640. A log that is there already
// stays as it is; any other file is an error.
func Init(ctx context.Context, path string) error {
	return care(ctx, path, true, func(*connection) error { return nil })
}

// Pruned is what Prune did.
type Pruned struct {
	// Deleted is how many rows went, Held how many predictions are older than
	// the age and stay, because Destination has not got them yet.
	Deleted, Held int64
	Destination   string
}

// String returns it as lines of text.
func (p Pruned) String() string {
	s := fmt.Sprintf("deleted %d rows\n", p.Deleted)
	if p.Held > 0 {
		s += fmt.Sprintf("kept %d predictions that have not been shipped to %s yet; if that is gone: drift_exporter log forget --destination=%s\n", p.Held, p.Destination, p.Destination)
	}
	return s
}

// Prune deletes the predictions that are older than age, and the feedback and
// errors that are, in transactions of 1000 rows; their sums stay in the log.
// What has not been shipped to every destination of the log stays, too. A
// predictor may be running. The file does not shrink, but what was freed is used
// again.
func Prune(ctx context.Context, path string, age time.Duration) (Pruned, error) {
	if age <= 0 {
		return Pruned{}, fmt.Errorf("prune the prediction log: the age is %s: it must be positive", age)
	}
	p := pruner{age: age, logger: slog.New(slog.DiscardHandler)}
	var all Pruned
	err := care(ctx, path, false, func(c *connection) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			var n int64
			err := write(c, func(tx *transaction) (err error) {
				n, err = p.step(tx, restRows)
				if err == nil && n == 0 {
					err = all.lookForHeld(tx, age)
				}
				return err
			})
			if err != nil || n == 0 {
				return err
			}
			all.Deleted += n
		}
	})
	return all, err
}

// lookForHeld counts what is old enough to go and stays.
func (p *Pruned) lookForHeld(tx *transaction, age time.Duration) error {
	h, err := tx.shipped()
	if err != nil {
		return err
	}
	row, err := tx.conn.first(context.Background(), "SELECT count(*) FROM predictions WHERE id > ? AND time < ?", h.upTo.Predictions, tx.now-int64(age))
	if err != nil {
		return err
	}
	f := fields{row: row}
	p.Held, p.Destination = f.integer(0), h.destination
	return f.err
}

// write runs f in one transaction.
func write(c *connection, f func(*transaction) error) error {
	tx, err := begin(c, time.Now)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, rollback(c))
	}
	return c.exec("COMMIT")
}

// care opens a log beside whoever else uses it, runs f and closes it.
func care(ctx context.Context, path string, create bool, f func(*connection) error) error {
	path, err := resolve(path)
	if err != nil {
		return err
	}
	conn, _, err := openToWrite(ctx, path, create)
	if err != nil {
		return err
	}
	err = f(conn)
	if end := conn.close(); err == nil {
		err = end
	}
	return explain(path, err)
}
