package replay

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// spool stores many texts in one temporary file. They grow in turns, and at the end each can be
// read in one piece.
type spool struct {
	file *os.File
	size int64
}

// spooled is one text of a spool.
type spooled struct {
	pieces []piece // in the file
	tail   []byte  // not in the file yet
}

type piece struct{ at, size int64 }

// pieceSize is how much of a text is collected before it is written. About 400 series then use 6
// MB.
const pieceSize = 1 << 14

func newSpool(folder string) (*spool, error) {
	f, err := os.CreateTemp(folder, ".replay-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	return &spool{file: f}, nil
}

// grown writes the tail of a text once it is long enough.
func (s *spool) grown(t *spooled) error {
	if len(t.tail) < pieceSize {
		return nil
	}
	n, err := s.file.Write(t.tail)
	if err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	t.pieces = append(t.pieces, piece{s.size, int64(n)})
	s.size += int64(n)
	t.tail = t.tail[:0]
	return nil
}

// copy writes a whole text.
func (s *spool) copy(w io.Writer, t *spooled) error {
	for _, p := range t.pieces {
		if _, err := io.Copy(w, io.NewSectionReader(s.file, p.at, p.size)); err != nil {
			return err
		}
	}
	_, err := w.Write(t.tail)
	return err
}

func (s *spool) close() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
