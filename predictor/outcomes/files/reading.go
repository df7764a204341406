package files

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// logError is an error of the log, not of a file.
type logError struct{ err error }

// Error implements error.
func (e *logError) Error() string { return e.err.Error() }

// Unwrap returns the wrapped error.
func (e *logError) Unwrap() error { return e.err }

// reading is one file that is being read.
type reading struct {
	source  *Source
	store   Store
	sink    *outcomes.Sink
	object  Object
	cursors map[string]*cursor
	format  string
	columns []string // of a CSV
	final   bool     // nothing more will be written to the file
	batch   []outcomes.Record
	file    *os.File // the open file; nil: an object of a bucket
}

// safely reads the file. A file on which a reader panics does not delay the others.
func (f *reading) safely(ctx context.Context) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the file cannot be read: panic: %v", reason)
		}
	}()
	if f.object.Err != nil {
		return f.object.Err
	}
	return f.read(ctx)
}

// open opens the object from an offset onwards. A file is opened once, so that it stays the same
// one if another takes its name.
func (f *reading) open(ctx context.Context, offset int64) (io.ReadCloser, error) {
	if f.file != nil {
		return io.NopCloser(io.NewSectionReader(f.file, offset, f.object.Size-offset)), nil
	}
	return f.store.Open(ctx, f.object.Name, offset)
}

// read reads what is new in the file.
func (f *reading) read(ctx context.Context) error {
	in, err := f.store.Open(ctx, f.object.Name, 0)
	if err != nil {
		return err
	}
	if file, ok := in.(*os.File); ok { // another may have taken its name since it was listed
		info, err := file.Stat()
		if err != nil {
			return errors.Join(err, in.Close())
		}
		f.file, f.object.Size, f.object.Modified = file, info.Size(), info.ModTime()
	}
	f.final = f.source.Settle == 0 || time.Since(f.object.Modified) >= f.source.Settle
	begin := bufio.NewReader(io.LimitReader(in, f.object.Size))
	magic, _ := begin.Peek(2) // a shorter file has no magic number
	packed := string(magic) == "\x1f\x8b"
	if f.format, err = f.source.formatOf(f.object.Name); err == nil {
		switch {
		case f.format == Parquet:
			err = f.parquet(ctx, begin, in)
		case packed:
			err = f.packed(ctx, begin)
		default:
			err = f.text(ctx, begin)
		}
	}
	return errors.Join(err, in.Close())
}

// formatOf returns the format of a file.
func (s *Source) formatOf(name string) (string, error) {
	if s.Format != Auto {
		return s.Format, nil
	}
	switch path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".csv":
		return CSV, nil
	case ".jsonl", ".ndjson", ".json":
		return JSONLines, nil
	case ".parquet":
		return Parquet, nil
	}
	return "", fmt.Errorf("the name does not say of which format the file is: name it .csv, .jsonl or .parquet, or set format")
}

// text reads a file that may grow.
func (f *reading) text(ctx context.Context, begin io.Reader) (err error) {
	known, err := recognise(begin, f.object.Size, f.cursors)
	if err != nil {
		return err
	}
	at, number := int64(0), 0
	if c := known.cursor; c != nil {
		at, number = c.Bytes, c.Lines
	}
	if f.format == CSV && at > 0 {
		if err := f.header(ctx); err != nil {
			return err
		}
	}
	in, err := f.open(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	l := newLines(io.LimitReader(in, f.object.Size-at), known.hash, at, number)
	return f.records(ctx, l, func(done bool) *cursor {
		return &cursor{Bytes: l.offset, Sum: hex.EncodeToString(l.hash.Sum(nil)), Lines: l.number, Done: done}
	})
}

// header reads the columns of a CSV whose rows have been read in part.
func (f *reading) header(ctx context.Context) (err error) {
	in, err := f.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	f.columns, err = header(newLines(in, nil, 0, 0))
	return err
}

// packed reads a compressed file. It is complete once it has not been changed for a while.
func (f *reading) packed(ctx context.Context, begin io.Reader) (err error) {
	if !f.final {
		return nil
	}
	at, done, cursorAt, err := f.whole(begin)
	if err != nil {
		return err
	}
	if done {
		return f.flush(ctx, cursorAt(at, true))
	}
	in, err := f.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	z, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("read gzip: %w", err)
	}
	l := newLines(z, nil, 0, 0)
	if at > 0 && f.format == CSV {
		if f.columns, err = header(l); err != nil {
			return err
		}
	}
	for l.offset < at {
		line, err := l.peek(0)
		if err != nil || line == nil {
			return errors.Join(errors.New("the file is shorter than it was"), err)
		}
		l.take(1)
	}
	return f.records(ctx, l, func(done bool) *cursor { return cursorAt(l.offset, done) })
}

// whole recognises a file by all its bytes. It returns how far the file has been read, and a
// function that makes the cursor of a position in it.
func (f *reading) whole(begin io.Reader) (at int64, done bool, cursorAt func(at int64, done bool) *cursor, err error) {
	h := sha256.New()
	if _, err := io.Copy(h, begin); err != nil {
		return 0, false, nil, err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	for _, c := range f.cursors {
		if c.Sum == sum && c.Bytes == f.object.Size {
			at, done = max(at, c.At), done || c.Done
		}
	}
	return at, done, func(at int64, done bool) *cursor {
		return &cursor{Bytes: f.object.Size, Sum: sum, At: at, Done: done}
	}, nil
}

// records reads the following records. cursor returns the cursor of the current position.
func (f *reading) records(ctx context.Context, l *lines, cursor func(done bool) *cursor) error {
	if f.format == CSV && f.columns == nil {
		if first, err := l.peek(0); err == nil && !f.final && !whole(first) {
			return nil // the header is still being written
		}
		var err error
		if f.columns, err = header(l); err != nil {
			return err
		}
	}
	if f.format == CSV {
		if err := f.sink.CheckColumns(f.columns); err != nil {
			return err
		}
	}
	for {
		r, err := f.next(l)
		switch {
		case errors.Is(err, io.EOF):
			return f.flush(ctx, cursor(true))
		case errors.Is(err, errIncomplete):
			return f.flush(ctx, cursor(false))
		case err != nil:
			return errors.Join(err, f.flush(ctx, cursor(false)))
		}
		if f.batch = append(f.batch, r); len(f.batch) == outcomes.BatchRecords {
			if err := f.flush(ctx, cursor(false)); err != nil {
				return err
			}
		}
	}
}

func (f *reading) next(l *lines) (outcomes.Record, error) {
	if f.format == CSV {
		return csvRow(l, f.columns, f.final)
	}
	return jsonLine(l, f.final)
}

// flush passes the records on.
func (f *reading) flush(ctx context.Context, c *cursor) error {
	c.Name, c.Size, c.Modified = f.object.Name, f.object.Size, f.object.Modified
	text, err := c.text()
	if err != nil {
		return err
	}
	key := part(f.object.Name)
	if before := f.cursors[key]; len(f.batch) == 0 && before != nil && *before == *c {
		return nil
	}
	if err := f.sink.Put(ctx, outcomes.Batch{Records: f.batch, Cursors: map[string]string{key: text}}); err != nil {
		return &logError{err}
	}
	f.batch, f.cursors[key] = f.batch[:0], c
	return nil
}
