package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash"
	"io"
)

const (
	// longestRecord is the maximum length of a record in bytes. A longer one is set aside.
	longestRecord = 1 << 20
	// longestLine is the length of the longest line that can be read.
	longestLine = 16 << 20
)

// lines reads a text line by line. A line stays available until it is taken.
type lines struct {
	in     *bufio.Reader
	hash   hash.Hash // of the bytes that were taken; nil: not needed
	offset int64     // behind them
	number int       // lines that were taken
	ahead  [][]byte  // read and not taken, each with its end
	end    bool
}

func newLines(in io.Reader, h hash.Hash, offset int64, number int) *lines {
	return &lines{in: bufio.NewReaderSize(in, 1<<16), hash: h, offset: offset, number: number}
}

// peek returns the i-th line that has not been taken, including its line end if it has one. It
// returns nil at the end of the text.
func (l *lines) peek(i int) ([]byte, error) {
	for len(l.ahead) <= i && !l.end {
		line, err := l.read()
		if err != nil {
			return nil, err
		}
		if len(line) > 0 {
			l.ahead = append(l.ahead, line)
		}
	}
	if i < len(l.ahead) {
		return l.ahead[i], nil
	}
	return nil, nil
}

func (l *lines) read() (line []byte, err error) {
	for {
		piece, err := l.in.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF):
			l.end = true
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("line %d: %w", l.number+len(l.ahead)+1, err)
		case len(line) > longestLine:
			return nil, fmt.Errorf("line %d is longer than %d bytes: is it a text file?", l.number+len(l.ahead)+1, longestLine)
		}
	}
}

// take removes the first n lines.
func (l *lines) take(n int) {
	for _, line := range l.ahead[:n] {
		if l.hash != nil {
			l.hash.Write(line) // never fails
		}
		l.offset += int64(len(line))
		l.number++
	}
	l.ahead = l.ahead[n:]
}

// whole reports whether a line has a line end. Without one, more of the line may still be
// written.
func whole(line []byte) bool { return bytes.HasSuffix(line, []byte("\n")) }

// trimEnd removes the line end.
func trimEnd(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }
