package rows

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Format is the format of a file of rows.
type Format string

// The supported formats.
const (
	FormatCSV     Format = "csv"
	FormatParquet Format = "parquet"
)

// File is an open file of rows.
type File struct {
	Table
	// Changed is when the file was last changed.
	Changed time.Time

	file *os.File
	size int64
	temp string // that the file was copied to
}

// Open opens a file of rows. A file that can be read only once, such as a pipe, is first copied
// into the folder for temporary files. A folder or a device is an error.
func Open(ctx context.Context, path string, format Format) (_ *File, err error) {
	f := &File{}
	if f.file, err = openFile(ctx, path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
	}()
	info, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a folder: name a file of rows")
	}
	if info.Mode()&os.ModeDevice != 0 {
		return nil, errors.New("is a device: name a file of rows, or send them through a pipe")
	}
	if f.Changed, f.size = info.ModTime().UTC().Truncate(time.Second), info.Size(); !info.Mode().IsRegular() {
		if err := f.copy(ctx, format); err != nil {
			return nil, fmt.Errorf("copy to a temporary file: %w", err)
		}
	}
	if format == FormatParquet {
		f.Table, err = NewParquetTable(f.file, f.size)
	} else {
		f.Table, err = NewCSVTable(f.file, f.size)
	}
	return f, err
}

// openFile opens a file. Opening a named pipe waits for a writer.
func openFile(ctx context.Context, path string) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	opened := make(chan result, 1)
	go func() {
		file, err := os.Open(path) // #nosec G304 -- the operator names the file
		opened <- result{file, err}
	}()
	select {
	case r := <-opened:
		return r.file, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("open %s: %w", path, context.Cause(ctx))
	}
}

// copy replaces a file that can be read only once by a temporary file. The start of a CSV is
// checked first, because a pipe may never end.
func (f *File) copy(ctx context.Context, format Format) error {
	temp, err := os.CreateTemp("", "rows-")
	if err != nil {
		return err
	}
	once := f.file
	f.file, f.temp = temp, temp.Name()
	defer context.AfterFunc(ctx, func() { _ = once.Close() })()
	f.size, err = io.CopyN(temp, once, formSize)
	if err == nil && format == FormatCSV {
		var start *bufio.Reader
		if start, err = decompress(io.NewSectionReader(temp, 0, f.size)); err == nil {
			err = checkForm(start)
		}
	}
	if err == nil {
		var rest int64
		rest, err = io.Copy(temp, once)
		f.size += rest
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) {
		err = nil // it is short
	}
	return errors.Join(err, once.Close())
}

// Sum returns the SHA-256 of the file as it is stored, without decompression.
func (f *File) Sum(ctx context.Context) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	for at := int64(0); at < f.size; at += 1 << 22 {
		if ctx.Err() != nil {
			return sum, context.Cause(ctx)
		}
		if _, err := io.Copy(h, io.NewSectionReader(f.file, at, min(1<<22, f.size-at))); err != nil {
			return sum, err
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}

// Close closes the file.
func (f *File) Close() error {
	err := f.file.Close()
	if f.temp != "" {
		err = errors.Join(err, os.Remove(f.temp))
	}
	return err
}
