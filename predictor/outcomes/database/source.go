package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// fetchRows is how many new rows are held in memory, so that no transaction of the
// database is open while they are written.
const fetchRows = 10_000

// maxTies is how many rows with one number are remembered over a restart.
const maxTies = 1000

// reader is a source that is being read.
type reader struct {
	*source
	db     *sql.DB
	sink   *outcomes.Sink
	cursor cursor
	seen   map[string]mark // rows in the overlap that have been read, by their hash
}

// row is one row of the result.
type row struct {
	record outcomes.Record
	mark   mark
	hash   string
}

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) (err error) {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	texts, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	r := &reader{source: s, db: db, sink: sink, seen: map[string]mark{}}
	if r.cursor, _, err = s.parseCursor(texts[part]); err != nil {
		return err
	}
	for _, hash := range r.cursor.Ties {
		r.seen[hash] = r.cursor.mark()
	}
	return s.schedule.Passes(ctx, sink, r.pass)
}

// pass reads what is new: first with the overlap, and then on from there.
func (r *reader) pass(ctx context.Context) error {
	from, before := r.cursor.mark(), r.cursor.mark()
	if !r.numbers && !from.time.IsZero() {
		from.time = from.time.Add(-r.overlap)
	}
	for {
		rows, horizon, more, err := r.fetch(ctx, from)
		if err != nil {
			return err
		}
		for len(rows) > 0 {
			n := min(len(rows), outcomes.BatchRecords)
			if late := slices.IndexFunc(rows, func(one row) bool { return one.mark.compare(before) >= 0 }); late > 0 {
				n = min(n, late) // what comes late is counted apart
			}
			if err := r.put(ctx, rows[:n], before); err != nil {
				return err
			}
			from, rows = rows[n-1].mark, rows[n:]
		}
		if !more {
			return r.finish(ctx, horizon)
		}
	}
}

// put hands rows over. Those behind what had been read before are late.
func (r *reader) put(ctx context.Context, rows []row, before mark) error {
	b := outcomes.Batch{}
	next := r.cursor
	next.Ties = slices.Clone(next.Ties)
	for _, one := range rows {
		b.Records = append(b.Records, one.record)
		if one.mark.compare(next.mark()) > 0 {
			next = cursor{Time: one.mark.time, Number: one.mark.number}
		}
		// Rows with a time do not count again when they are read again.
		if r.numbers && one.mark.compare(next.mark()) == 0 && len(next.Ties) < maxTies {
			next.Ties = append(next.Ties, one.hash)
		}
	}
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	b.Cursors = map[string]string{part: string(text)}
	late := rows[0].mark.compare(before) < 0
	if err := r.sink.PutAgain(ctx, b, late); err != nil {
		return err
	}
	r.cursor = next
	for _, one := range rows {
		r.seen[one.hash] = one.mark
	}
	return nil
}

// finish forgets rows that are before the overlap. What is below the oldest transaction
// that ran has been read for good.
func (r *reader) finish(ctx context.Context, horizon int64) error {
	if horizon > r.cursor.Number {
		r.cursor = cursor{Number: horizon}
		text, err := json.Marshal(r.cursor)
		if err != nil {
			return err
		}
		if err := r.sink.Put(ctx, outcomes.Batch{Cursors: map[string]string{part: string(text)}}); err != nil {
			return err
		}
	}
	oldest := r.cursor.mark()
	if !r.numbers {
		oldest.time = oldest.time.Add(-r.overlap)
	}
	for hash, at := range r.seen {
		if at.compare(oldest) < 0 {
			delete(r.seen, hash)
		}
	}
	return nil
}

// fetch reads at most fetchRows rows from a mark on that have not been read. horizon is
// the number of the oldest transaction that runs, 0 when the query does not ask for it.
func (r *reader) fetch(ctx context.Context, from mark) (rows []row, horizon int64, more bool, err error) {
	options := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if r.driver == sqlite {
		options = nil // one read is one snapshot there
	}
	tx, err := r.db.BeginTx(ctx, options)
	if err != nil {
		return nil, 0, false, fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it was only read
	if r.query.snapshot {
		if err := tx.QueryRowContext(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").Scan(&horizon); err != nil {
			return nil, 0, false, fmt.Errorf("ask for the oldest transaction: %w", err)
		}
	}
	args := make([]any, len(r.query.uses))
	for i, name := range r.query.uses {
		if args[i] = any(horizon); name == since {
			args[i] = r.parameter(from)
		}
	}
	result, err := tx.QueryContext(ctx, r.query.text, args...)
	if err != nil {
		return nil, 0, false, fmt.Errorf("run the query: %w", err)
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	rows, more, err = r.scan(result)
	return rows, horizon, more, err
}

// scan reads the rows of a result.
func (r *reader) scan(result *sql.Rows) (rows []row, more bool, err error) {
	columns, err := result.Columns()
	if err != nil {
		return nil, false, fmt.Errorf("run the query: %w", err)
	}
	at := slices.Index(columns, r.watermark)
	if at < 0 {
		return nil, false, fmt.Errorf("the query has no column %q, the watermark: it returns %q; name one that rises in watermark", r.watermark, columns)
	}
	if err := r.sink.CheckColumns(columns); err != nil {
		return nil, false, err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	last := mark{}
	for first := true; result.Next(); first = false {
		if err := result.Scan(places...); err != nil {
			return nil, false, fmt.Errorf("read a row: %w", err)
		}
		one, err := r.row(columns, values, at)
		if err != nil {
			return nil, false, err
		}
		if !first && one.mark.compare(last) < 0 {
			return nil, false, fmt.Errorf("the rows are not in the order of %s; end the query with ORDER BY %s", r.watermark, r.watermark)
		}
		last = one.mark
		if _, again := r.seen[one.hash]; again {
			continue
		}
		if rows = append(rows, one); len(rows) == fetchRows {
			return rows, true, nil
		}
	}
	if err := result.Err(); err != nil {
		return nil, false, fmt.Errorf("read the rows: %w", err)
	}
	return rows, false, nil
}

// row takes the values of a row.
func (r *reader) row(columns []string, values []any, watermark int) (one row, err error) {
	if one.mark, err = r.markOf(values[watermark]); err != nil {
		return one, err
	}
	one.record.Value = make(map[string]any, len(columns))
	for i, name := range columns {
		v := values[i]
		if text, ok := v.([]byte); ok {
			v = string(text)
		}
		one.record.Value[name] = v
	}
	if !r.numbers {
		one.record.ObservedAt = one.mark.time
	}
	text, err := json.Marshal(one.record.Value)
	if err != nil {
		text = fmt.Append(nil, one.record.Value) // such as a number that is not finite
	}
	sum := sha256.Sum256(text)
	one.hash = hex.EncodeToString(sum[:10])
	return one, nil
}
