package ship

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// attemptTime is the maximum time to send one batch, or to settle one.
const attemptTime = 2 * time.Minute

// shipper ships one log to one destination.
type shipper struct {
	path, name  string
	destination Destination
	tables      []predictionlog.Table
	rows        int // of a batch at most
	// next returns the next batch of a table up to an id. An empty one that ends where the cursor
	// is means that the rest waits.
	next func(ctx context.Context, c *cursor, upTo int64) (*Batch, error)
	// label returns the name of a table in metrics.
	label   func(predictionlog.Table) string
	metrics *metrics
	logger  *slog.Logger

	reader   *sqlite.Reader
	shipping *sqlite.Shipping // nil: not open
	logID    string
	cursors  []*cursor
	moved    bool // rows have arrived in this pass
	// upTo is how far each table has been shipped. It is nil before the log was opened.
	upTo atomic.Pointer[map[predictionlog.Table]int64]
}

// cursor is how far one table has been shipped.
type cursor struct {
	table    predictionlog.Table
	progress sqlite.Progress
	settled  bool // the newest attempt is known to have arrived, or not
	limit    int  // rows of the next batch
	form     Form
}

// open opens the progress that is stored in the log.
func (s *shipper) open(ctx context.Context, state predictionlog.State) error {
	if s.shipping != nil && s.logID == state.LogID {
		return nil
	}
	if err := s.close(); err != nil {
		return err
	}
	shipping, err := sqlite.OpenShipping(ctx, s.path, s.name, s.tables)
	if err != nil {
		return err
	}
	var cursors []*cursor
	for _, t := range s.tables {
		p, err := shipping.Progress(ctx, t)
		if err != nil {
			return errors.Join(err, shipping.Close())
		}
		cursors = append(cursors, &cursor{table: t, progress: p, settled: p.Attempt == "", limit: s.rows})
	}
	s.shipping, s.logID, s.cursors = shipping, state.LogID, cursors
	s.publish()
	come := []any{"log", s.path, "log_id", s.logID, "destination", s.name}
	for _, c := range cursors {
		come = append(come, fmt.Sprintf("%s_up_to_%s", c.table, c.table.Number()), c.progress.UpTo)
	}
	s.logger.Info("shipping", come...)
	return nil
}

// publish gives the metrics the progress of the tables.
func (s *shipper) publish() {
	upTo := map[predictionlog.Table]int64{}
	for _, c := range s.cursors {
		upTo[c.table] = c.progress.UpTo
	}
	s.upTo.Store(&upTo)
}

// close closes the log.
func (s *shipper) close() error {
	if s.shipping == nil {
		return nil
	}
	shipping := s.shipping
	s.shipping = nil
	return shipping.Close()
}

// pass ships what is in the log now. After an error it opens the log again, and first settles the
// batch that was being sent.
func (s *shipper) pass(ctx context.Context) error {
	s.moved = false
	err := s.all(ctx)
	if err != nil {
		err = errors.Join(err, s.close())
	}
	return err
}

// all ships every table.
func (s *shipper) all(ctx context.Context) error {
	state, err := s.reader.State(ctx)
	if err == nil {
		err = s.open(ctx, state)
	}
	var newest map[predictionlog.Table]int64
	if err == nil {
		newest, err = s.reader.Newest(ctx)
	}
	if err != nil {
		return &Failure{Reason: LogFailed, Temporary: true, Err: err}
	}
	for _, c := range s.cursors {
		if err := s.table(ctx, c, newest[c.table]); err != nil {
			return fmt.Errorf("ship %s to %s: %w", c.table, s.name, err)
		}
	}
	return nil
}

// table ships the rows of one table up to an id.
func (s *shipper) table(ctx context.Context, c *cursor, upTo int64) error {
	for {
		if err := s.settle(ctx, c); err != nil {
			return err
		}
		if c.progress.UpTo >= upTo {
			return nil
		}
		b, err := s.next(ctx, c, upTo)
		if err != nil {
			return err
		}
		if b.Len() == 0 {
			if b.UpTo == c.progress.UpTo {
				return nil
			}
			if err := s.arrived(c, b.UpTo); err != nil {
				return err
			}
			continue
		}
		b.Form = c.form
		err = s.append(ctx, c, b)
		if errors.Is(err, ErrRefused) {
			err = s.refused(c, b, err)
		}
		if err != nil {
			return err
		}
	}
}

// copied is next of a shipper of the rows themselves.
func (s *shipper) copied(ctx context.Context, c *cursor, upTo int64) (*Batch, error) {
	b, err := read(ctx, s.reader, s.logID, c.table, c.progress.UpTo, upTo, c.limit)
	if err != nil {
		return nil, &Failure{Reason: LogFailed, Temporary: true, Err: err}
	}
	return b, nil
}

// settle finds out whether the last attempt has arrived.
func (s *shipper) settle(ctx context.Context, c *cursor) error {
	if c.settled {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	arrived, err := s.destination.Settle(ctx, c.progress.Attempt)
	if err != nil {
		return fmt.Errorf("find out whether the rows up to %d have arrived: %w", c.progress.AttemptUpTo, err)
	}
	if arrived && c.progress.AttemptUpTo > c.progress.UpTo {
		s.logger.Info("a batch had arrived although its answer was lost", "table", string(c.table), "after_id", c.progress.UpTo, "up_to_id", c.progress.AttemptUpTo)
		if err := s.arrived(c, c.progress.AttemptUpTo); err != nil {
			return err
		}
	}
	c.settled = true
	return nil
}

// append sends a batch to the destination.
func (s *shipper) append(ctx context.Context, c *cursor, b *Batch) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	err := s.destination.Append(ctx, b, func(attempt string) error {
		if err := s.shipping.Attempt(c.table, b.UpTo, attempt); err != nil {
			return &Failure{Reason: LogFailed, Temporary: true, Err: err}
		}
		c.progress.AttemptUpTo, c.progress.Attempt, c.settled = b.UpTo, attempt, false
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.arrived(c, b.UpTo); err != nil {
		return err
	}
	c.settled, c.form, c.limit = true, Whole, min(2*c.limit, s.rows)
	s.metrics.rows.WithLabelValues(s.label(c.table)).Add(float64(b.Len()))
	s.metrics.altered.Add(float64(b.Altered))
	s.logger.Debug("batch arrived", "table", string(c.table), "rows", b.Len(), "up_to_id", b.UpTo)
	return nil
}

// arrived records that the rows up to an id have arrived.
func (s *shipper) arrived(c *cursor, upTo int64) error {
	if err := s.shipping.Arrived(c.table, upTo); err != nil {
		return &Failure{Reason: LogFailed, Temporary: true, Err: err}
	}
	c.progress.UpTo, s.moved = upTo, true
	s.publish()
	return nil
}

// refused halves the next batch until only the refused row is left, and then makes the form of
// that row plainer until it is accepted.
func (s *shipper) refused(c *cursor, b *Batch, err error) error {
	if b.read() > 1 {
		c.limit = cmp.Or(b.read()/2, 1)
		return nil
	}
	if c.form++; c.form < formsEnd {
		s.logger.Warn("row was refused; it is sent in a plainer form", "table", string(c.table), "id", b.UpTo, "err", err)
		return nil
	}
	c.form = Whole
	return &Failure{Reason: Schema, Err: fmt.Errorf("row %d is refused in every form: %w", b.UpTo, err)}
}
