package sorted

import (
	"encoding/binary"
	"io"
)

// counts are the numbers of rows with a value: all rows, those with a known outcome, and those
// for which the model was right.
type counts struct{ rows, labelled, correct int64 }

func (c *counts) add(o counts) {
	c.rows += o.rows
	c.labelled += o.labelled
	c.correct += o.correct
}

// cell is a value with its counts. The cells of a column are ordered by key, then by text. A
// number only has a key.
type cell struct {
	key  uint64
	text []byte
	counts
}

// prefix returns the key of a text: its first eight bytes.
func prefix(text []byte) uint64 {
	var first [8]byte
	copy(first[:], text)
	return binary.BigEndian.Uint64(first[:])
}

// run contains cells in ascending order, each value once. They are stored in parts of a file.
type run []part

type part struct{ at, size int64 }

// encode appends a cell.
func encode(to []byte, c *cell, texts bool) []byte {
	if texts {
		to = binary.AppendUvarint(to, uint64(len(c.text)))
		to = append(to, c.text...)
	} else {
		to = binary.LittleEndian.AppendUint64(to, c.key)
	}
	// Usually no outcome is known, and the counts need no space.
	if c.labelled == 0 {
		return binary.AppendUvarint(to, uint64(c.rows)<<1)
	}
	to = binary.AppendUvarint(to, uint64(c.rows)<<1|1)
	to = binary.AppendUvarint(to, uint64(c.labelled))
	return binary.AppendUvarint(to, uint64(c.correct))
}

// readSize is the number of bytes of a run that are read at a time.
const readSize = 1 << 13

// runReader reads the cells of a run.
type runReader struct {
	space *Space
	left  run
	texts bool
	ahead []byte // of what was read, that is still to be decoded
	buf   []byte
	cell  cell
}

// next decodes the next cell. It reports false after the last cell.
func (r *runReader) next() (bool, error) {
	for {
		if n, ok := r.decode(); ok {
			r.ahead = r.ahead[n:]
			return true, nil
		}
		if len(r.left) == 0 {
			if len(r.ahead) > 0 {
				return false, io.ErrUnexpectedEOF
			}
			return false, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
}

// fill reads more bytes.
func (r *runReader) fill() error {
	left := &r.left[0]
	more := int(min(max(readSize, int64(2*len(r.ahead))), left.size))
	buf := r.buf
	if cap(buf) < len(r.ahead)+more {
		buf = make([]byte, len(r.ahead)+more)
	}
	buf = buf[:len(r.ahead)+more]
	kept := copy(buf, r.ahead)
	if err := r.space.read(buf[kept:], left.at); err != nil {
		return err
	}
	r.buf, r.ahead = buf, buf
	left.at += int64(more)
	if left.size -= int64(more); left.size == 0 {
		r.left = r.left[1:]
	}
	return nil
}

// decode decodes the cell at the beginning of the bytes that were read, and returns its length.
// ok is false if there are too few bytes.
func (r *runReader) decode() (n int, ok bool) {
	b := r.ahead
	if !r.texts && len(b) > 8 && b[8]&0x81 == 0 { // most cells: a few rows
		r.cell.key, r.cell.counts = binary.LittleEndian.Uint64(b), counts{rows: int64(b[8] >> 1)}
		return 9, true
	}
	if r.texts {
		size, k := binary.Uvarint(b)
		if k <= 0 || uint64(len(b)-k) < size {
			return 0, false
		}
		n = k + int(size)
		r.cell.text = b[k:n]
		r.cell.key = prefix(r.cell.text)
	} else {
		if len(b) < 8 {
			return 0, false
		}
		r.cell.key, n = binary.LittleEndian.Uint64(b), 8
	}
	var all [3]uint64
	for i := range all {
		x, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return 0, false
		}
		all[i] = x
		if n += k; i == 0 && x&1 == 0 {
			break
		}
	}
	r.cell.counts = counts{int64(all[0] >> 1), int64(all[1]), int64(all[2])}
	return n, true
}
