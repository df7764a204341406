package predictionlog

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
)

// Bytes that stand between rows, and between model and version, in a packed
// column. JSON has no place for either, and names hardly have.
const (
	rowEnd  = 30 // the ASCII record separator
	nameEnd = 31 // the ASCII unit separator
)

// A packed chunk is one row whose columns are the text of all rows, which SQLite
// gives in one call: row by row it takes twice the time. It leaves out what is
// unusual: features above 4096 bytes, names above 256. A chunk is what it should
// be when it holds as many rows as ids were asked for, and each column of n rows
// n-1 separators: a text that has one in itself brings a further one, and nothing
// takes one away.
//
// A score is told exactly, as an integer: times 2^62, one from 2^-20 to 2^-10 as
// the negative of it times 2^72; -1 is none, and -2 is one of those that
// selectTiny gives.
const (
	packedColumns = `SELECT count(*),
  CAST(group_concat(features, char(30)) AS BLOB), CAST(group_concat(class, char(30)) AS BLOB),
  CAST(group_concat(time, ' ') AS BLOB), CAST(group_concat(coalesce(latency, -1), ' ') AS BLOB),
  CAST(group_concat(CASE
    WHEN score >= 0.0009765625 THEN CAST(score * 4611686018427387904.0 AS INTEGER)
    WHEN score IS NULL THEN -1
    WHEN score >= 0.00000095367431640625 OR score = 0 THEN -CAST(score * 4722366482869645213696.0 AS INTEGER)
    ELSE -2 END, ' ') AS BLOB)`
	packedRows = ` FROM predictions WHERE id > ?1 AND id <= ?2
  AND octet_length(features) <= 4096 AND octet_length(class) <= 256 AND (score <= 1 OR score IS NULL)`
	selectTiny = `SELECT id, score FROM predictions
WHERE id > ?1 AND id <= ?2 AND score < 0.00000095367431640625 AND score > 0 ORDER BY id`
	// selectAlike gives rows that are all of one model and version.
	selectAlike = packedColumns + packedRows + ` AND model = ?3 AND version = ?4`
	// selectMixed has a further column with model and version.
	selectMixed = packedColumns + `, CAST(group_concat(model || char(31) || version, char(30)) AS BLOB)` +
		packedRows + ` AND octet_length(model) + octet_length(version) <= 256`
)

// packed is one chunk: the rows with the ids above after and not above last.
type packed struct {
	after, last           int64
	usual                 bool // the rest can be used
	Key                        // of all rows, unless they are mixed
	mixed                 bool
	features, class, name texts
	time, latency, scores integers
	score                 []float64 // NaN: none
}

// texts is a column of texts, and where each of them ends.
type texts struct {
	column []byte
	ends   []int
}

// integers is a column of integers.
type integers []int64

// pack reads the rows with the next ids after an id, chunk of them or up to upTo.
// They are usual when they are all there and can be told apart.
func (r *Reader) pack(ctx context.Context, after, upTo int64, p *packed) error {
	if upTo-chunk > after {
		upTo = after + chunk
	}
	p.after, p.last = after, upTo
	err := r.use(ctx, false, func(c *connection) (err error) {
		if p.Key = r.alike; p.Model != "" {
			if p.usual, err = p.read(c, selectAlike, after, upTo, p.Model, p.Version); p.usual || err != nil {
				return err
			}
		}
		if p.usual, err = p.read(c, selectMixed, after, upTo); p.usual {
			r.alike = p.common()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read prediction after %d: %w", after, err)
	}
	return nil
}

// read reads one chunk by selectAlike or selectMixed.
func (p *packed) read(c *connection, query string, args ...driver.Value) (usual bool, err error) {
	row, err := c.first(context.Background(), query, args...)
	if err != nil || !p.split(row, int(p.last-p.after)) {
		return false, err
	}
	return p.tellScores(c)
}

// tellScores sets score from scores.
func (p *packed) tellScores(c *connection) (ok bool, err error) {
	tiny := 0
	p.score = p.score[:0]
	for _, v := range p.scores {
		p.score = append(p.score, scoreOf(v))
		if v == -2 {
			tiny++
		}
	}
	if tiny == 0 {
		return true, nil
	}
	err = c.query(context.Background(), selectTiny, func(row []driver.Value) error {
		f := fields{row: row}
		at := f.integer(0) - p.after - 1
		if f.err != nil || p.scores[at] != -2 {
			return errEnough
		}
		p.score[at] = f.real(1)
		tiny--
		return f.err
	}, p.after, p.last)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return tiny == 0, err
}

// scoreOf undoes what a packed column does to a score; NaN is none.
func scoreOf(v int64) float64 {
	switch {
	case v >= 0:
		return float64(v) * 0x1p-62
	case v < -2:
		return float64(-v) * 0x1p-72
	}
	return math.NaN()
}

// split finds n rows in the columns, and reports whether that is possible.
func (p *packed) split(columns []driver.Value, n int) bool {
	if columns == nil || columns[0] != int64(n) || !p.features.split(columns[1], n) || !p.class.split(columns[2], n) ||
		!p.time.split(columns[3], n) || !p.latency.split(columns[4], n) || !p.scores.split(columns[5], n) {
		return false
	}
	if p.mixed = len(columns) > 6; p.mixed {
		return p.name.split(columns[6], n) && bytes.Count(p.name.column, []byte{nameEnd}) == n
	}
	return true
}

// common returns the model and version of all rows, or none when they differ.
func (p *packed) common() Key {
	for i := range p.name.ends {
		if !bytes.Equal(p.name.row(i), p.name.row(0)) {
			return Key{}
		}
	}
	model, version, _ := bytes.Cut(p.name.row(0), []byte{nameEnd})
	return Key{Model: string(model), Version: string(version)}
}

func (t *texts) split(column driver.Value, n int) bool {
	t.column, _ = column.([]byte)
	t.ends = t.ends[:0]
	at := 0
	for len(t.ends) < n {
		next := bytes.IndexByte(t.column[at:], rowEnd)
		if next < 0 {
			t.ends = append(t.ends, len(t.column))
			return len(t.ends) == n
		}
		t.ends = append(t.ends, at+next)
		at += next + 1
	}
	return false
}

// row returns the i-th text.
func (t *texts) row(i int) []byte {
	from := 0
	if i > 0 {
		from = t.ends[i-1] + 1
	}
	return t.column[from:t.ends[i]:t.ends[i]]
}

func (v *integers) split(value driver.Value, n int) bool {
	column, _ := value.([]byte)
	*v = (*v)[:0]
	for i := 0; i <= len(column); i++ {
		negative := i < len(column) && column[i] == '-'
		if negative {
			i++
		}
		x, from := uint64(0), i
		for ; i < len(column) && column[i]-'0' <= 9; i++ {
			x = x*10 + uint64(column[i]-'0')
		}
		if i == from || i-from > 19 || x > math.MaxInt64 || i < len(column) && column[i] != ' ' {
			return false
		}
		if negative {
			x = -x
		}
		*v = append(*v, int64(x)) // #nosec G115 -- checked above
	}
	return len(*v) == n
}

// each calls yield with every row.
func (p *packed) each(row *Row, names names, yield func(*Row) error) error {
	row.Model, row.Version = p.Model, p.Version
	for i := range p.time {
		row.ID, row.Time, row.Latency = p.after+1+int64(i), p.time[i], p.latency[i]
		row.Features = p.features.row(i)
		if row.Score, row.HasScore = p.score[i], true; math.IsNaN(row.Score) {
			row.Score, row.HasScore = 0, false
		}
		if class := p.class.row(i); string(class) != row.Class {
			row.Class = names.of(class)
		}
		if p.mixed {
			model, version, _ := bytes.Cut(p.name.row(i), []byte{nameEnd})
			row.Model, row.Version = names.of(model), names.of(version)
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return nil
}
