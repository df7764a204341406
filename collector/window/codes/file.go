package codes

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// magic begins every file; another format has another.
const magic = "driftcodes 1\n"

// errHeld says that another process, or another window of this one, writes the file.
var errHeld = errors.New("codes: the file is held")

// file is one file of codes. Once something is queued for it, the folder's goroutine
// alone uses the handle.
type file struct {
	place
	path   string
	handle *os.File // nil: not there yet
	failed atomic.Bool
}

// begin opens a file that is there: nil without an error when there is none.
func begin(folder string, p place) (*file, error) {
	f := &file{place: p, path: p.path(folder)}
	var err error
	if f.handle, err = os.OpenFile(f.path, os.O_RDWR, 0); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := f.lock(); err != nil {
		return nil, errors.Join(err, f.handle.Close())
	}
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f.handle, head); err != nil || string(head) != magic {
		return f, errDamaged
	}
	return f, nil
}

// errDamaged says that a file is not as it was written.
var errDamaged = errors.New("codes: the file is damaged")

func (f *file) lock() error {
	err := unix.Flock(int(f.handle.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	return err
}

// read returns the block at an offset, with its head, in buf if that is large enough;
// none at the end of the file.
func (f *file) read(offset int64, columns int, buf []byte) ([]byte, error) {
	buf = append(buf[:0], make([]byte, headSize)...)
	switch n, err := f.handle.ReadAt(buf, offset); {
	case n == 0 && errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, errDamaged
	}
	size := int(buf[8]) | int(buf[9])<<8 | int(buf[10])<<16 | int(buf[11])<<24
	if size < bodySize(1, columns) || size > bodySize(blockRows, columns) {
		return nil, errDamaged
	}
	buf = append(buf, make([]byte, size)...)
	if _, err := f.handle.ReadAt(buf[headSize:], offset+headSize); err != nil {
		return nil, errDamaged
	}
	return buf, nil
}

// do does a job.
func (f *file) do(j *job, folder *Folder) error {
	if j.close {
		if f.handle == nil {
			return nil
		}
		return f.handle.Close()
	}
	if f.failed.Load() {
		return nil
	}
	if f.handle == nil {
		if err := f.create(folder); err != nil {
			return err
		}
	}
	if j.cut {
		if err := f.handle.Truncate(j.offset); err != nil {
			return err
		}
		if j.offset == int64(len(magic)) {
			if _, err := f.handle.WriteAt([]byte(magic), 0); err != nil {
				return err
			}
		}
	}
	_, err := f.handle.WriteAt(j.data, j.offset)
	return err
}

// create makes the file, and removes those whose place it takes.
func (f *file) create(folder *Folder) (err error) {
	folder.tidy(f.place)
	if f.handle, err = os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := f.lock(); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if err := f.handle.Truncate(0); err != nil {
		return err
	}
	_, err = f.handle.WriteAt([]byte(magic), 0)
	return err
}

// forgotten is the age of a file that nobody has written to for so long that its series
// is taken to be gone.
const forgotten = 30 * 24 * time.Hour

// tidy removes files that nobody will read: of the same rows, but coded otherwise or
// before the anchor, and of any rows when they are old.
func (f *Folder) tidy(next place) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return // creating the file will say why
	}
	for _, e := range entries {
		p, ok := parsePlace(e.Name())
		if !ok {
			continue
		}
		if p.series != next.series {
			info, err := e.Info()
			ok = err == nil && time.Since(info.ModTime()) > forgotten
		} else {
			ok = p.coding != next.coding || p.span < next.span-1
		}
		if ok {
			if err := os.Remove(filepath.Join(f.path, e.Name())); err != nil {
				f.logger.Warn("former codes of rows cannot be removed", "path", e.Name(), "err", err)
			}
		}
	}
}
