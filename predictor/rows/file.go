package rows

import (
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
// into the folder for temporary files.
func Open(path string, format Format) (_ *File, err error) {
	f := &File{}
	if f.file, err = os.Open(path); err != nil { // #nosec G304 -- the operator names the file
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
	if f.Changed, f.size = info.ModTime().UTC().Truncate(time.Second), info.Size(); !info.Mode().IsRegular() {
		if err := f.copy(); err != nil {
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

// copy replaces a file that can be read only once by a temporary file.
func (f *File) copy() error {
	temp, err := os.CreateTemp("", "rows-")
	if err != nil {
		return err
	}
	f.temp = temp.Name()
	f.size, err = io.Copy(temp, f.file)
	err = errors.Join(err, f.file.Close())
	f.file = temp
	return err
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
