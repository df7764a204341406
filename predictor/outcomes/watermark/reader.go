package watermark

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// fetchRows is the maximum number of new rows in memory. They are kept in memory so that no
// transaction of the database is open while they are written.
const fetchRows = 10_000

// maxTies is the maximum number of rows with the same number that are remembered for a restart.
const maxTies = 1000

// ErrEnough is returned by the function that Fetch calls, to say that it wants no more rows.
var ErrEnough = errors.New("enough rows")

// Query reads rows.
type Query interface {
	// Fetch calls row with the columns and values of each row from a mark onwards, in the order
	// of the watermark. It stops when row returns an error, and returns that error. The next row
	// may overwrite the values. Fetch returns the number below which no further row can appear,
	// or 0 if it does not know one.
	Fetch(ctx context.Context, from Mark, row func(columns []string, values []any) error) (horizon int64, err error)
}

// Options say how a query is read.
type Options struct {
	// Column is the column with the watermark.
	Column string
	// Numbers says that the watermark is a number, not a time.
	Numbers bool
	// Start is the time from which rows are read at first.
	Start time.Time
	// Overlap is the time before the newest row from which rows are read again.
	Overlap  time.Duration
	Schedule outcomes.Schedule
}

// reader is a query that is being read.
type reader struct {
	*Options
	query  Query
	sink   *outcomes.Sink
	cursor cursor
	seen   map[string]Mark // rows in the overlap that have been read, by their hash
}

// row is one row of the result.
type row struct {
	record outcomes.Record
	mark   Mark
	hash   string
}

// Run reads the query by its schedule until ctx ends.
func Run(ctx context.Context, sink *outcomes.Sink, o Options, query Query) error {
	texts, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	r := &reader{Options: &o, query: query, sink: sink, seen: map[string]Mark{}}
	if r.cursor, err = o.parseCursor(texts[part]); err != nil {
		return err
	}
	for _, hash := range r.cursor.Ties {
		r.seen[hash] = r.cursor.mark()
	}
	return o.Schedule.Passes(ctx, sink, r.pass)
}

// pass reads what is new. First it reads the overlap again, and then it reads on from there.
func (r *reader) pass(ctx context.Context) error {
	from, before := r.cursor.mark(), r.cursor.mark()
	if !r.Numbers && !from.Time.IsZero() {
		from.Time = from.Time.Add(-r.Overlap)
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

// put passes rows on. Rows before the mark that had been reached are late.
func (r *reader) put(ctx context.Context, rows []row, before Mark) error {
	b := outcomes.Batch{}
	next := r.cursor
	next.Ties = slices.Clone(next.Ties)
	for _, one := range rows {
		b.Records = append(b.Records, one.record)
		if one.mark.compare(next.mark()) > 0 {
			next = cursor{Time: one.mark.Time, Number: one.mark.Number}
		}
		// A row with a time does not count again when it is read again.
		if r.Numbers && one.mark.compare(next.mark()) == 0 && len(next.Ties) < maxTies {
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

// finish forgets rows before the overlap. Rows below the oldest running transaction are complete.
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
	if !r.Numbers {
		oldest.Time = oldest.Time.Add(-r.Overlap)
	}
	for hash, at := range r.seen {
		if at.compare(oldest) < 0 {
			delete(r.seen, hash)
		}
	}
	return nil
}

// fetch reads up to fetchRows rows from a mark onwards that have not been read yet.
func (r *reader) fetch(ctx context.Context, from Mark) (rows []row, horizon int64, more bool, err error) {
	at := -1
	last := Mark{}
	horizon, err = r.query.Fetch(ctx, from, func(columns []string, values []any) error {
		if at < 0 {
			if at = slices.Index(columns, r.Column); at < 0 {
				return fmt.Errorf("the query has no column %q, the watermark: it returns %q; name one that rises in watermark", r.Column, columns)
			}
			if err := r.sink.CheckColumns(columns); err != nil {
				return err
			}
		}
		one, err := r.row(columns, values, at)
		if err != nil {
			return err
		}
		if one.mark.compare(last) < 0 && last != (Mark{}) {
			return fmt.Errorf("the rows are not in the order of %s; end the query with ORDER BY %s", r.Column, r.Column)
		}
		last = one.mark
		if _, again := r.seen[one.hash]; again {
			return nil
		}
		if rows = append(rows, one); len(rows) == fetchRows {
			more = true
			return ErrEnough
		}
		return nil
	})
	if errors.Is(err, ErrEnough) {
		err = nil
	}
	return rows, horizon, more, err
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
	if !r.Numbers {
		one.record.ObservedAt = one.mark.Time
	}
	text, err := json.Marshal(one.record.Value)
	if err != nil {
		text = fmt.Append(nil, one.record.Value) // such as a number that is not finite
	}
	sum := sha256.Sum256(text)
	one.hash = hex.EncodeToString(sum[:10])
	return one, nil
}
