// Package sorted counts the values of columns in bounded memory and returns them in ascending
// order. It writes sorted runs to a temporary file and merges them.
package sorted

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// Space is a temporary file that several columns share. It is created when it is first needed.
// Its methods may be called concurrently.
type Space struct {
	folder string
	mutex  sync.Mutex
	file   *os.File
	failed error
	size   int64
	freed  map[int][]int64 // by size
}

// NewSpace returns a space in a folder. If the folder is empty, the system's folder for temporary
// files is used.
func NewSpace(folder string) *Space { return &Space{folder: folder, freed: map[int][]int64{}} }

// write writes a text to a free place and returns its position.
func (s *Space) write(text []byte) (at int64, err error) {
	s.mutex.Lock()
	if s.file == nil && s.failed == nil {
		s.file, s.failed = os.CreateTemp(s.folder, ".sorted-")
	}
	if free := s.freed[len(text)]; len(free) > 0 {
		at, s.freed[len(text)] = free[len(free)-1], free[:len(free)-1]
	} else {
		at = s.size
		s.size += int64(len(text))
	}
	s.mutex.Unlock()
	if s.failed != nil {
		return 0, fmt.Errorf("make a temporary file: %w", s.failed)
	}
	if _, err := s.file.WriteAt(text, at); err != nil {
		return 0, fmt.Errorf("write a temporary file: %w", err)
	}
	return at, nil
}

// read reads what was written.
func (s *Space) read(text []byte, at int64) error {
	if _, err := s.file.ReadAt(text, at); err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	return nil
}

// free says that a part is no longer needed, so its place can be used for another part of the
// same size.
func (s *Space) free(p part) {
	s.mutex.Lock()
	s.freed[int(p.size)] = append(s.freed[int(p.size)], p.at)
	s.mutex.Unlock()
}

// Close removes the file.
func (s *Space) Close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
