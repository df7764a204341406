package care

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/mattn/go-sqlite3"
)

// Erase deletes the prediction with a request id, its shadows and all that is said
// about them in any table, and makes sure that no file of the log holds its request
// id or features any more: what
// is deleted is overwritten with zeros, the write-ahead log is emptied, and then
// the file is searched. Copies that other services have left behind, in the
// unused parts of pages, cost a VACUUM, during which nothing can be written.
//
// It returns how many rows it deleted; none is an error that wraps ErrNotFound.
// The log's sums, which hold nothing of a person, keep counting them. A predictor
// may be running; when readers are in the way for long the error says so, and to
// run it again.
func Erase(ctx context.Context, path, requestID string) (int64, error) {
	if requestID == "" {
		return 0, errors.New("erase: the request id is empty")
	}
	var total int64
	err := sqlite.Edit(ctx, path, false, func(c *file.Connection) error {
		if err := c.Exec("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		traces := [][]byte{[]byte(requestID)}
		err := c.Write(func() error {
			features, err := erase(c, requestID, &total)
			traces = append(traces, features...)
			return err
		})
		if err != nil {
			return err
		}
		// Also when there was nothing to delete: an earlier run may have been cut off.
		if err := scrub(ctx, c, traces); err != nil {
			return fmt.Errorf("the rows are deleted, but the files may still hold their bytes; run it again: %w", err)
		}
		if total == 0 {
			return fmt.Errorf("erase request id %q: %w", requestID, predictionlog.ErrNotFound)
		}
		return nil
	})
	return total, err
}

// What names the rows of a person: the ids of the answered prediction and of its
// shadows. ?1 is the request id, ?2 the id in it when the log gave it, else -1.
const selectErased = `WITH answered (id) AS (
  SELECT id FROM predictions WHERE request_id = ?1 AND shadow_of IS NULL
  UNION SELECT id FROM predictions WHERE id = ?2 AND request_id IS NULL
)
SELECT id, CAST(features AS BLOB) FROM predictions
WHERE id IN answered OR shadow_of IN (SELECT id FROM answered)`

// What is deleted: rows of the prediction with the id ?1, and those that came under
// the request id ?1. Of reviews the hashes stay: the rows that follow hold them.
var (
	eraseByID = []string{
		"DELETE FROM feedback WHERE prediction_id = ? RETURNING 1",
		"DELETE FROM outcomes WHERE prediction_id = ? RETURNING 1",
		"DELETE FROM outcomes_pending WHERE prediction_id = ? RETURNING 1",
		"UPDATE reviews SET reviewer = '', outcome = '', note = '' WHERE prediction_id = ? AND reviewer || outcome || note <> '' RETURNING 1",
		"DELETE FROM predictions WHERE id = ? RETURNING 1",
	}
	eraseByRequestID = []string{
		"DELETE FROM outcomes WHERE request_id = ? RETURNING 1",
		"DELETE FROM outcomes_pending WHERE request_id = ? RETURNING 1",
		"DELETE FROM outcomes_rejected WHERE instr(record, ?) RETURNING 1",
	}
)

// erase deletes the rows, adds their number to total and returns the features.
func erase(c *file.Connection, requestID string, total *int64) (features [][]byte, err error) {
	row, err := c.First(context.Background(), "SELECT value FROM meta WHERE key = 'log_id'")
	if err != nil {
		return nil, err
	}
	own := int64(-1)
	if logID, id, ok := predictionlog.ParseOwnRequestID(requestID); ok && len(row) == 1 && row[0] == logID {
		own = id
	}
	var ids []int64
	err = c.Query(context.Background(), selectErased, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		ids, features = append(ids, f.Integer(0)), append(features, f.Bytes(1))
		return f.Err
	}, requestID, own)
	if err != nil {
		return nil, err
	}
	remove := func(query string, arg driver.Value) error {
		n, err := count(c, query, arg)
		*total += n
		return err
	}
	slices.Reverse(ids) // shadows first
	for _, id := range ids {
		for _, query := range eraseByID {
			if err := remove(query, id); err != nil {
				return nil, err
			}
		}
	}
	for _, query := range eraseByRequestID {
		if err := remove(query, requestID); err != nil {
			return nil, err
		}
	}
	return features, nil
}

// scrub makes sure that no file of the log holds the traces, but where rows do
// that are still there.
func scrub(ctx context.Context, c *file.Connection, traces [][]byte) error {
	if err := emptyWAL(ctx, c); err != nil {
		return err
	}
	for _, trace := range traces {
		left, err := leftovers(ctx, c, trace)
		if err != nil {
			return err
		}
		if left {
			if err := c.Exec("VACUUM"); err != nil {
				return err
			}
			return emptyWAL(ctx, c)
		}
	}
	return nil
}

// emptyWAL waits for readers and writers until the write-ahead log is empty.
func emptyWAL(ctx context.Context, c *file.Connection) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := c.TruncateWAL(file.Patience)
		var problem sqlite3.Error
		busy := errors.Is(err, file.ErrReaders) || errors.As(err, &problem) && problem.Code == sqlite3.ErrBusy
		if !busy || ctx.Err() != nil {
			return err
		}
	}
}

// traceBytes is how much of a long text is searched for: more would not be in
// one piece, on one page.
const traceBytes = 512

// leftovers reports whether the file holds a text that no row has.
func leftovers(ctx context.Context, c *file.Connection, trace []byte) (bool, error) {
	trace = trace[:min(len(trace), traceBytes)]
	if len(trace) == 0 {
		return false, nil
	}
	open, err := c.Descriptor()
	if err != nil {
		return false, err
	}
	found, err := contains(io.NewSectionReader(open, 0, 1<<62), trace)
	if err != nil || !found {
		return false, err
	}
	row, err := c.First(ctx, "SELECT EXISTS (SELECT 1 FROM predictions WHERE instr(features, ?1) OR instr(request_id, ?1))", string(trace))
	if err != nil {
		return false, err
	}
	return row[0] == int64(0), nil
}

// contains reports whether a text occurs in a file.
func contains(file io.Reader, text []byte) (bool, error) {
	block := make([]byte, 1<<20+len(text))
	carried := 0
	for {
		n, err := io.ReadFull(file, block[carried:])
		if bytes.Contains(block[:carried+n], text) {
			return true, nil
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return false, nil
		case err != nil:
			return false, err
		}
		carried = copy(block, block[len(block)-len(text):])
	}
}

// count runs a statement and returns its number of rows.
func count(c *file.Connection, query string, args ...driver.Value) (n int64, err error) {
	err = c.Query(context.Background(), query, func([]driver.Value) error {
		n++
		return nil
	}, args...)
	return n, err
}
