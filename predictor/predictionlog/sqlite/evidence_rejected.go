package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// knownRejected finds a record among those that were set aside. A source that is read again from
// an earlier place brings the same ones again. The table has no index for this, so the numbers of
// its rows are kept in memory, by a hash: 5 MB for 100,000 rows.
type knownRejected struct {
	seqs map[[16]byte]int64
	last int64 // every row up to this one is in seqs
}

// hashRejected returns the key of a record in knownRejected.
func hashRejected(source, reason, record string) (key [16]byte) {
	sum := sha256.Sum256([]byte(source + "\x00" + reason + "\x00" + record))
	return [16]byte(sum[:16])
}

// find reports whether the record is still there.
func (k *knownRejected) find(c *file.Connection, source, reason, record string) (bool, error) {
	if k.seqs == nil {
		k.seqs, k.last = map[[16]byte]int64{}, -1
	}
	err := c.Query(context.Background(), "SELECT seq, source, reason, record FROM outcomes_rejected WHERE seq > ? ORDER BY seq", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		k.last = f.Integer(0)
		k.seqs[hashRejected(f.Text(1), f.Text(2), f.Text(3))] = k.last
		return f.Err
	}, k.last)
	if err != nil {
		return false, err
	}
	key := hashRejected(source, reason, record)
	seq, found := k.seqs[key]
	if !found {
		return false, nil
	}
	row, err := c.First(context.Background(), "SELECT 1 FROM outcomes_rejected WHERE seq = ? AND source = ? AND reason = ? AND record = ?", seq, source, reason, record)
	if err == nil && row == nil {
		delete(k.seqs, key)
	}
	return row != nil, err
}

// reject sets a record aside, unless it is there already.
func (r *received) reject(source, reason, record string) error {
	record = cutRecord(record)
	again, err := r.known.find(r.tx.conn, source, reason, record)
	if err != nil {
		return err
	}
	if again {
		r.Unchanged++
		return nil
	}
	if r.Rejected == nil {
		r.Rejected = map[string]int{}
	}
	r.Rejected[reason]++
	return r.tx.conn.Do("INSERT INTO outcomes_rejected (received_at, source, reason, record) VALUES (?, ?, ?, ?)", r.tx.now, source, reason, record)
}

// cutRecord shortens a record to the length that the log keeps, as valid text.
func cutRecord(record string) string {
	if len(record) > predictionlog.RecordBytes {
		record = record[:predictionlog.RecordBytes]
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(record, "\x00", "\uFFFD"), "\uFFFD")
	for len(text) > predictionlog.RecordBytes { // what replaces a byte is longer
		text = strings.ToValidUTF8(text[:predictionlog.RecordBytes], "")
	}
	return text
}

// ErrGone says that another process has retried or deleted a rejected record.
var ErrGone = errors.New("the rejected record is no longer there")

// retried removes a record from those that were set aside.
func (r *received) retried(seq int64) error {
	row, err := r.tx.conn.First(context.Background(), "DELETE FROM outcomes_rejected WHERE seq = ? RETURNING seq", seq)
	if err == nil && row == nil {
		err = ErrGone
	}
	return err
}
