package care

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/mattn/go-sqlite3"
)

// scrub makes sure that no file of the log contains the traces, except in rows that still exist.
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

// traceBytes is how much of a long text is searched for. More would not be in one piece on one
// page.
const traceBytes = 512

// leftovers reports whether the file contains a text that is in no row.
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
