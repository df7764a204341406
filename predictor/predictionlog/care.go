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
