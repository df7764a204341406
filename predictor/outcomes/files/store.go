package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Object is a file in a Store.
type Object struct {
	Name     string
	Size     int64
	Modified time.Time
	// Version distinguishes the contents that an object of a bucket had one after the other. It
	// is empty for files.
	Version string
	// Err says why it cannot be read. It is nil for most.
	Err error
}

// Store is a place with files.
type Store interface {
	// List returns the files, sorted by name.
	List(ctx context.Context) ([]Object, error)
	// Open reads a file from an offset onwards.
	Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error)
	Close() error
}

// folder is a pattern of files on this machine, or a folder with all its files.
type folder string

// List implements Store.
func (f folder) List(context.Context) ([]Object, error) {
	pattern := string(f)
	if info, err := os.Stat(pattern); err == nil && info.IsDir() {
		pattern = filepath.Join(escapeGlob(pattern), "*")
	} else if !strings.ContainsAny(pattern, `*?[`) {
		return list([]string{pattern})
	} else if _, err := os.Stat(fixed(pattern)); err != nil {
		return nil, fmt.Errorf("list the files: %w; make the folder, or correct files.path", err)
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(filepath.Base(name), ".") })
	var objects []Object
	for _, name := range names {
		found, err := list([]string{name})
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was moved meanwhile, or is a link to nothing
		case err != nil: // such as a link to itself
			objects = append(objects, Object{Name: name, Err: err})
		default:
			objects = append(objects, found...)
		}
	}
	return objects, nil
}

// escapeGlob returns a pattern that matches exactly this path.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// fixed returns the folder before the first part of a pattern that contains a wildcard.
func fixed(pattern string) string {
	before := pattern[:strings.IndexAny(pattern, `*?[`)]
	return filepath.Dir(before + "x")
}

// list returns the files with these names. It leaves out everything that is no regular file.
func list(names []string) (objects []Object, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			objects = append(objects, Object{Name: name, Size: info.Size(), Modified: info.ModTime()})
		}
	}
	return objects, nil
}

// Open implements Store.
func (folder) Open(_ context.Context, name string, offset int64) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close implements Store.
func (folder) Close() error { return nil }

// Paths are files on this machine, in the order in which they are read.
type Paths []string

// List implements Store.
func (p Paths) List(context.Context) ([]Object, error) {
	objects, err := list(p)
	if err == nil && len(objects) < len(p) {
		err = errors.New("one of the names is a folder or a device; name files")
	}
	return objects, err
}

// Open implements Store.
func (p Paths) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	return folder("").Open(ctx, name, offset)
}

// Close implements Store.
func (p Paths) Close() error { return nil }
