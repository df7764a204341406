package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Init makes an empty log at path, with mode 0640. A log that is there already
// stays as it is; any other file is an error.
func Init(ctx context.Context, path string) error {
	return care(ctx, path, true, func(*connection) error { return nil })
}

// Prune deletes the predictions that are older than age, and the feedback and
// errors that are, in transactions of 1000 rows; their sums stay in the log. It
// returns how many rows it deleted. A predictor may be running. The file does
// not shrink, but what was freed is used again.
func Prune(ctx context.Context, path string, age time.Duration) (int64, error) {
	if age <= 0 {
		return 0, fmt.Errorf("prune the prediction log: the age is %s: it must be positive", age)
	}
	p := pruner{age: age, logger: slog.New(slog.DiscardHandler)}
	var total int64
	err := care(ctx, path, false, func(c *connection) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			var n int64
			err := write(c, func(tx *transaction) (err error) {
				n, err = p.step(tx, restRows)
				return err
			})
			if err != nil || n == 0 {
				return err
			}
			total += n
		}
	})
	return total, err
}

// Erase deletes the prediction with a request id and its feedback, and makes
// sure that no file of the log holds their bytes any more: what is deleted is
// overwritten with zeros, and the write-ahead log is emptied. It returns how many
// rows it deleted; none is an error that wraps ErrNotFound. The log's sums, which
// hold no person's data, keep counting them. A predictor may be running; when
// readers are in the way for long, the error says so, and to run it again.
func Erase(ctx context.Context, path, requestID string) (int64, error) {
	var total int64
	err := care(ctx, path, false, func(c *connection) error {
		if err := c.exec("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		err := write(c, func(tx *transaction) error {
			for _, query := range []string{
				"DELETE FROM feedback WHERE prediction_id = (SELECT id FROM predictions WHERE request_id = ?) RETURNING 1",
				"DELETE FROM predictions WHERE request_id = ? RETURNING 1",
			} {
				n, err := tx.count(query, requestID)
				if err != nil {
					return err
				}
				total += n
			}
			return nil
		})
		if err != nil {
			return err
		}
		// Also when there was nothing to delete: an earlier run may have been
		// unable to do it.
		if err := emptyWAL(ctx, c); err != nil {
			return fmt.Errorf("the rows are deleted, but the write-ahead log may still hold them; run it again: %w", err)
		}
		if total == 0 {
			return fmt.Errorf("erase request id %q: %w", requestID, ErrNotFound)
		}
		return nil
	})
	return total, err
}

// emptyWAL waits for readers and writers until the write-ahead log is empty.
func emptyWAL(ctx context.Context, c *connection) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := truncateWAL(c, patience)
		var problem sqlite3.Error
		busy := errors.Is(err, errReaders) || errors.As(err, &problem) && problem.Code == sqlite3.ErrBusy
		if !busy || ctx.Err() != nil {
			return err
		}
	}
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
