package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// blockSize is the number of bytes that are cut into cells at a time. They fit into the
	// second-level cache.
	blockSize = 1 << 16
	// mostText is the maximum length of a row. A longer row usually has a quote that is never
	// closed.
	mostText = 1 << 25
)

// splitter cuts a text into blocks of whole rows.
type splitter struct {
	in   io.Reader
	rest []byte // was read, but belongs to the next block
	line int    // of the next block
	end  bool   // everything was read
}

// next fills the text of a block, or returns io.EOF.
func (s *splitter) next(b *Block) error {
	text, size := append(b.text[:0], s.rest...), blockSize
	for {
		var err error
		if text, err = s.read(text, size); err != nil {
			return fmt.Errorf("read CSV: %w", err)
		}
		end := len(text)
		if !s.end {
			end = wholeRows(text)
		}
		if end == 0 && !s.end {
			if size *= 2; size <= mostText {
				continue
			}
			return fmt.Errorf("line %d: the row has more than %d MiB: end it with a line end, or close its quote", s.line, mostText>>20)
		}
		if len(text) == 0 {
			return io.EOF
		}
		s.rest = append(s.rest[:0], text[end:]...)
		b.text, b.line = text[:end], s.line
		s.line += bytes.Count(b.text, []byte{'\n'})
		return nil
	}
}

// read reads until the text has this size.
func (s *splitter) read(text []byte, size int) ([]byte, error) {
	for len(text) < size && !s.end {
		if cap(text) < size {
			text = append(make([]byte, 0, size+size/4), text...)
		}
		n, err := s.in.Read(text[len(text):size])
		text = text[:len(text)+n]
		if s.end = errors.Is(err, io.EOF); err != nil && !s.end {
			return text, err
		}
	}
	return text, nil
}

// wholeRows returns the position after the last complete row of a text, including its line end,
// or 0 if there is none. After an odd number of quotes, a quote is open. A line end inside quotes
// does not end a row.
func wholeRows(text []byte) int {
	end := bytes.LastIndexByte(text, '\n') + 1
	open := bytes.Count(text[:end], []byte{'"'})%2 == 1
	for open && end > 0 {
		before := bytes.LastIndexByte(text[:end-1], '\n') + 1
		open = bytes.Count(text[before:end], []byte{'"'})%2 == 0
		end = before
	}
	return end
}
