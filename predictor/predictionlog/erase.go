package predictionlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"
)

// Erase deletes the prediction with a request id and its feedback, and makes
// sure that no file of the log holds its request id or features any more: what
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
	err := care(ctx, path, false, func(c *connection) error {
		if err := c.exec("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		traces := [][]byte{[]byte(requestID)}
		err := write(c, func(tx *transaction) (err error) {
			features, err := tx.erase(requestID, &total)
			if features != nil {
				traces = append(traces, features)
			}
			return err
		})
		if err != nil {
			return err
		}
		// Also when there was nothing to delete: an earlier run may have been cut off.
		if err := c.scrub(ctx, traces); err != nil {
			return fmt.Errorf("the rows are deleted, but the files may still hold their bytes; run it again: %w", err)
		}
		if total == 0 {
			return fmt.Errorf("erase request id %q: %w", requestID, ErrNotFound)
		}
		return nil
	})
	return total, err
}

// erase deletes the rows, adds their number to total and returns the features.
func (tx *transaction) erase(requestID string, total *int64) ([]byte, error) {
	row, err := tx.conn.first(context.Background(), "SELECT CAST(features AS BLOB) FROM predictions WHERE request_id = ?", requestID)
	if err != nil || row == nil {
		return nil, err
	}
	f := fields{row: row}
	features := f.bytes(0)
	for _, query := range []string{
		"DELETE FROM feedback WHERE prediction_id = (SELECT id FROM predictions WHERE request_id = ?) RETURNING 1",
		"DELETE FROM predictions WHERE request_id = ? RETURNING 1",
	} {
		n, err := tx.count(query, requestID)
		if err != nil {
			return nil, err
		}
		*total += n
	}
	return features, f.err
}

// scrub makes sure that no file of the log holds the traces, but where rows do
// that are still there.
func (c *connection) scrub(ctx context.Context, traces [][]byte) error {
	if err := emptyWAL(ctx, c); err != nil {
		return err
	}
	for _, trace := range traces {
		left, err := c.leftovers(ctx, trace)
		if err != nil {
			return err
		}
		if left {
			if err := c.exec("VACUUM"); err != nil {
				return err
			}
			return emptyWAL(ctx, c)
		}
	}
	return nil
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

// traceBytes is how much of a long text is searched for: more would not be in
// one piece, on one page.
const traceBytes = 512

// leftovers reports whether the file holds a text that no row has.
func (c *connection) leftovers(ctx context.Context, trace []byte) (bool, error) {
	trace = trace[:min(len(trace), traceBytes)]
	if len(trace) == 0 {
		return false, nil
	}
	file, err := c.file()
	if err != nil {
		return false, err
	}
	found, err := contains(io.NewSectionReader(file, 0, 1<<62), trace)
	if err != nil || !found {
		return false, err
	}
	row, err := c.first(ctx, "SELECT EXISTS (SELECT 1 FROM predictions WHERE instr(features, ?1) OR instr(request_id, ?1))", string(trace))
	if err != nil {
		return false, err
	}
	return row[0] == int64(0), nil
}

// contains reports whether a text occurs in a file.
func contains(file io.Reader, text []byte) (bool, error) {
	block := make([]byte, 1<<20+len(text))
	kept := 0
	for {
		n, err := io.ReadFull(file, block[kept:])
		if bytes.Contains(block[:kept+n], text) {
			return true, nil
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return false, nil
		case err != nil:
			return false, err
		}
		kept = copy(block, block[len(block)-len(text):])
	}
}

// descriptor reads a file through a descriptor that somebody else has open.
type descriptor int

func (d descriptor) ReadAt(p []byte, offset int64) (int, error) {
	n, err := unix.Pread(int(d), p, offset)
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// file returns the descriptor through which SQLite has the log open. Opening the
// file once more would not do: closing that descriptor would drop the locks of
// every connection that this process has to the log.
func (c *connection) file() (descriptor, error) {
	want, _, err := identify(c.path)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0, fmt.Errorf("search the prediction log: %w", err)
	}
	for _, entry := range entries {
		number, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if unix.Fstat(number, &stat) == nil && (identity{device: uint64(stat.Dev), inode: stat.Ino}) == want {
			return descriptor(number), nil
		}
	}
	return 0, fmt.Errorf("search the prediction log: %s is not open any more: it %w", c.path, ErrReplaced)
}
