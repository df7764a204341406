package events

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// schema is that of the file next to the log in which events wait for their partners.
const schema = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS halves (
  key         TEXT PRIMARY KEY,
  side        INTEGER NOT NULL, -- 0: a request waits, 1: an answer waits, 2: both came
  received_at INTEGER NOT NULL,
  time        INTEGER NOT NULL,
  body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS halves_received_at ON halves (received_at);`

// Sides of an exchange.
const (
	waitsRequest int64 = iota
	waitsAnswer
	both
)

// What put did with an event.
type fate uint8

const (
	kept   fate = iota // it waits, on disk
	paired             // its partner had come
	again              // the same came before
	full               // too many wait already
)

// put is an event on its way to the spool.
type put struct {
	event   *intake.Event
	done    string // instead: the key of a pair that is in the log
	fate    fate
	partner *intake.Event
	err     chan error
}

// spool keeps events on disk until their partners come. One goroutine writes; what comes
// meanwhile shares its next transaction.
type spool struct {
	conn   *file.Connection
	puts   chan *put
	closed chan struct{}
	o      *Options

	waiting, bytes int64
}

// mostPuts is the largest number of events in a transaction.
const mostPuts = 256

func openSpool(ctx context.Context, o *Options) (_ *spool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open %s, where events wait for their partners: %w; delete it if no event is missed", o.Path, err)
		}
	}()
	if err := file.Touch(o.Path); err != nil {
		return nil, err
	}
	conn, err := file.Dial(o.Path, "rw", url.Values{"_busy_timeout": {file.Patience}})
	if err != nil {
		return nil, err
	}
	s := &spool{conn: conn, puts: make(chan *put, mostPuts), closed: make(chan struct{}), o: o}
	if err = conn.Exec(schema); err == nil {
		err = s.count(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// count counts what waits.
func (s *spool) count(ctx context.Context) error {
	row, err := s.conn.First(ctx, `SELECT count(*), coalesce(sum(length(body)), 0) FROM halves WHERE side < 2`)
	if err != nil {
		return fmt.Errorf("count the events that wait: %w", err)
	}
	f := file.Fields{Row: row}
	s.waiting, s.bytes = f.Integer(0), f.Integer(1)
	return f.Err
}

// run writes until ctx ends.
func (s *spool) run(ctx context.Context) {
	defer close(s.closed)
	tick := time.NewTicker(s.o.Expire / 10)
	defer tick.Stop()
	for {
		var batch []*put
		select {
		case <-ctx.Done():
			s.answer(s.drain(batch), errClosed)
			_ = s.conn.Close() // what was answered is on disk
			return
		case <-tick.C:
		case p := <-s.puts:
			batch = s.drain(append(batch, p))
		}
		err := s.conn.Write(func() error { return s.write(ctx, batch) })
		if err != nil {
			// What was counted in the transaction is not there.
			err = errors.Join(err, s.count(context.WithoutCancel(ctx)))
		}
		s.o.metrics.waiting.Set(float64(s.waiting))
		s.answer(batch, err)
	}
}

var errClosed = errors.New("the predictor stops")

func (s *spool) drain(batch []*put) []*put {
	for len(batch) < mostPuts {
		select {
		case p := <-s.puts:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

func (s *spool) answer(batch []*put, err error) {
	for _, p := range batch {
		p.err <- err
	}
}

// write is one transaction.
func (s *spool) write(ctx context.Context, batch []*put) error {
	now := s.o.now()
	for _, p := range batch {
		if err := s.one(ctx, p, now); err != nil {
			return err
		}
	}
	return s.expire(ctx, now)
}

func (s *spool) one(ctx context.Context, p *put, now time.Time) error {
	if p.done != "" {
		return s.finish(ctx, p.done)
	}
	key, side := keyOf(p.event), waitsRequest
	if p.event.Answer {
		side = waitsAnswer
	}
	row, err := s.conn.First(ctx, `SELECT side, time, body FROM halves WHERE key = ?`, key)
	if err != nil {
		return err
	}
	if row != nil {
		f := file.Fields{Row: row}
		other := f.Integer(0)
		partner := &intake.Event{ID: p.event.ID, Model: p.event.Model, Component: p.event.Component, Answer: !p.event.Answer, Body: intake.Body{Data: append([]byte(nil), f.Bytes(2)...)}}
		if at := f.Integer(1); at > 0 {
			partner.Time = time.Unix(0, at)
		}
		switch {
		case f.Err != nil:
			return f.Err
		case other == both || other == side:
			p.fate = again
		default:
			p.fate, p.partner = paired, partner
		}
		return nil
	}
	if s.waiting >= s.o.Waiting || s.bytes+int64(len(p.event.Body.Data)) > s.o.Bytes {
		p.fate = full
		return nil
	}
	at := int64(0)
	if !p.event.Time.IsZero() {
		at = p.event.Time.UnixNano()
	}
	s.waiting++
	s.bytes += int64(len(p.event.Body.Data))
	return s.conn.Do(`INSERT INTO halves (key, side, received_at, time, body) VALUES (?, ?, ?, ?, ?)`, key, side, now.UnixNano(), at, p.event.Body.Data)
}

// finish notes that a pair is in the log. Its body goes; its key stays until it expires, so
// that an event that comes again is known.
func (s *spool) finish(ctx context.Context, key string) error {
	row, err := s.conn.First(ctx, `SELECT length(body) FROM halves WHERE key = ? AND side < 2`, key)
	if err != nil || row == nil {
		return err
	}
	f := file.Fields{Row: row}
	s.waiting--
	s.bytes -= f.Integer(0)
	return s.conn.Do(`UPDATE halves SET side = 2, body = x'' WHERE key = ?`, key)
}

// expire deletes what has waited too long.
func (s *spool) expire(ctx context.Context, now time.Time) error {
	old := now.Add(-s.o.Expire).UnixNano()
	row, err := s.conn.First(ctx, `SELECT coalesce(sum(side = 0), 0), coalesce(sum(side = 1), 0), coalesce(sum(length(body)), 0), count(*) FROM halves WHERE received_at < ?`, old)
	if err != nil {
		return err
	}
	f := file.Fields{Row: row}
	requests, answers, size, all := f.Integer(0), f.Integer(1), f.Integer(2), f.Integer(3)
	if f.Err != nil || all == 0 {
		return f.Err
	}
	s.waiting -= requests + answers
	s.bytes -= size
	s.o.metrics.unpaired.WithLabelValues("request").Add(float64(requests))
	s.o.metrics.unpaired.WithLabelValues("response").Add(float64(answers))
	return s.conn.Do(`DELETE FROM halves WHERE received_at < ?`, old)
}

// keyOf is what a request and its answer have in common.
func keyOf(e *intake.Event) string { return e.ID + "\n" + e.Model + "\n" + e.Component }

// put writes an event, and returns once that is on disk.
func (s *spool) put(ctx context.Context, p *put) error {
	p.err = make(chan error, 1)
	select {
	case s.puts <- p:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.closed:
		return errClosed
	}
	select {
	case err := <-p.err:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.closed:
		return errClosed
	}
}
