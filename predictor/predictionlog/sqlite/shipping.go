package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Progress is how far a table has been shipped to a destination.
type Progress struct {
	// UpTo is the newest id for which it is known that its row and all earlier rows have arrived,
	// or -1 if there is none.
	UpTo int64
	// AttemptUpTo is the last id of the newest batch. Attempt is what the destination needs to
	// find out whether that batch has arrived. It is empty before the first batch. The batch has
	// arrived if AttemptUpTo is at most UpTo.
	AttemptUpTo int64
	Attempt     string
}

// Shipping is the progress of one destination, stored in the log itself. The predictor may be
// running. Shipping takes the write lock for one short transaction a batch. Only one process can
// use it at a time.
type Shipping struct {
	path, destination string
	conn              *file.Connection
	file              file.Identity
	lock              *os.File
}

// OpenShipping opens the progress of a destination. From then on, it is a destination of this
// log, and retention keeps the rows of these tables that have not arrived there. The user needs
// write access to the log and its directory. It fails if another process ships this log to that
// destination.
func OpenShipping(ctx context.Context, path, destination string, tables []predictionlog.Table) (*Shipping, error) {
	path, err := file.ResolveExisting(path)
	if err != nil {
		return nil, err
	}
	conn, opened, err := openToWrite(ctx, path, opening{})
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(destination))
	name := fmt.Sprintf("%s.ship-%x.lock", path, hash[:4])
	lock, err := file.Lock(name, fmt.Errorf("prediction log %s %w: another process ships it to %s, and one at a time can; stop the other (`fuser %s` names it)", path, file.ErrHeld, destination, name),
		"shipping needs write access to the log's directory")
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s := &Shipping{path: path, destination: destination, conn: conn, file: opened, lock: lock}
	err = s.write(func() error {
		for _, t := range tables {
			if err := conn.Do("INSERT OR IGNORE INTO shipped (destination, log) VALUES (?, ?)", destination, string(t)); err != nil {
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

// Close releases the destination.
func (s *Shipping) Close() error {
	return errors.Join(file.Explain(s.path, s.conn.Close()), s.lock.Close())
}

// Progress returns how far a table has been shipped.
func (s *Shipping) Progress(ctx context.Context, t predictionlog.Table) (Progress, error) {
	row, err := s.conn.First(ctx, "SELECT up_to_id, coalesce(attempt_id, -1), coalesce(attempt, '') FROM shipped WHERE destination = ? AND log = ?", s.destination, string(t))
	if err != nil {
		return Progress{}, file.Explain(s.path, err)
	}
	if row == nil {
		return Progress{}, s.forgotten()
	}
	f := file.Fields{Row: row}
	return Progress{UpTo: f.Integer(0), AttemptUpTo: f.Integer(1), Attempt: f.Text(2)}, f.Err
}

// Attempt records on disk that a batch that ends with id upTo will be sent.
func (s *Shipping) Attempt(t predictionlog.Table, upTo int64, attempt string) error {
	return s.update(t, "UPDATE shipped SET attempt_id = ?3, attempt = ?4 WHERE destination = ?1 AND log = ?2 RETURNING 1", upTo, attempt)
}

// Arrived records on disk that the rows up to an id have arrived.
func (s *Shipping) Arrived(t predictionlog.Table, upTo int64) error {
	return s.update(t, "UPDATE shipped SET up_to_id = max(up_to_id, ?3) WHERE destination = ?1 AND log = ?2 RETURNING 1", upTo)
}

// update changes the destination's row of a table.
func (s *Shipping) update(t predictionlog.Table, query string, args ...driver.Value) error {
	return s.write(func() error {
		row, err := s.conn.First(context.Background(), query, append([]driver.Value{s.destination, string(t)}, args...)...)
		if err == nil && row == nil {
			err = s.forgotten()
		}
		return err
	})
}

func (s *Shipping) forgotten() error {
	return fmt.Errorf("prediction log %s no longer knows the destination %s: it was forgotten while it was shipped to", s.path, s.destination)
}

// write runs f in one transaction, on the log that currently has the log's name.
func (s *Shipping) write(f func() error) error {
	if found, _, err := file.Identify(s.path); err != nil || found != s.file {
		return errors.Join(fmt.Errorf("prediction log %s %w while it was shipped", s.path, file.ErrReplaced), file.Explain(s.path, err))
	}
	return file.Explain(s.path, s.conn.Write(f))
}
