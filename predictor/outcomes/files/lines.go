package files

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

const (
	// longestRecord is the maximum length of a record in bytes. A longer one is set aside.
	longestRecord = 1 << 20
	// longestLine is how much of a line is kept in memory.
	longestLine = 2 << 20
)

// lines reads a text line by line. A line stays available until it is taken.
type lines struct {
	in     *bufio.Reader
	hash   hash.Hash // of the bytes that were taken; nil: not needed
	offset int64     // behind them
	number int       // lines that were taken
	ahead  [][]byte  // read and not taken, each with its end
	long   []byte    // the beginning of a line that is too long to be kept
	cut    int64     // how much of the first line ahead is not kept
	after  hash.Hash // hash behind that line, if some of it is not kept
	end    bool
}

func newLines(in io.Reader, h hash.Hash, offset int64, number int) *lines {
	return &lines{in: bufio.NewReaderSize(in, 1<<16), hash: h, offset: offset, number: number}
}

// peek returns the i-th line that has not been taken, including its line end if it has one. It
// returns nil at the end of the text. A line that is too long ends the lines that can be peeked at.
// It is cut once it is the first one.
func (l *lines) peek(i int) ([]byte, error) {
	for len(l.ahead) <= i && !l.end {
		if l.long != nil && len(l.ahead) > 0 {
			return nil, nil
		}
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
	if l.long != nil {
		return l.readLong()
	}
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
			return nil, l.explain(err)
		case len(line) > longestLine:
			l.long = line
			if len(l.ahead) > 0 {
				return nil, nil
			}
			return l.readLong()
		}
	}
}

// readLong reads the rest of a line that is too long, and keeps its beginning. No line is ahead of
// it.
func (l *lines) readLong() (kept []byte, err error) {
	all := sha256.New()
	if l.hash != nil {
		if all, err = clone(l.hash); err != nil {
			return nil, err
		}
	}
	all.Write(l.long) // never fails
	length := int64(len(l.long))
	kept, l.long = l.long[:longestLine], nil
	for more := true; more; {
		piece, err := l.in.ReadSlice('\n')
		all.Write(piece)
		length += int64(len(piece))
		switch {
		case err == nil:
			kept, more = append(kept, '\n'), false
		case errors.Is(err, io.EOF):
			l.end, more = true, false
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, l.explain(err)
		}
	}
	l.cut, l.after = length-int64(len(kept)), all
	return kept, nil
}

func (l *lines) explain(err error) error {
	return fmt.Errorf("line %d: %w", l.number+len(l.ahead)+1, err)
}

// take removes the first n lines.
func (l *lines) take(n int) {
	for _, line := range l.ahead[:n] {
		switch {
		case l.hash == nil:
		case l.after != nil:
			l.hash = l.after
		default:
			l.hash.Write(line) // never fails
		}
		l.offset += int64(len(line)) + l.cut
		l.number++
		l.cut, l.after = 0, nil
	}
	l.ahead = l.ahead[n:]
}

// whole reports whether a line has a line end. Without one, more of the line may still be
// written.
func whole(line []byte) bool { return bytes.HasSuffix(line, []byte("\n")) }

// trimEnd removes the line end.
func trimEnd(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }
