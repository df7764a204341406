package files

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"
)

// cursor is how far one file has been read. A file is recognised by the hash of its first bytes,
// not by its name.
type cursor struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	// Bytes is the number of bytes that Sum is the SHA-256 of. For plain text they are the bytes
	// that have been read, for other files all bytes.
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sha256"`
	// Lines is the number of lines of text that have been read. At is the position in a file that
	// is read as a whole: the number of bytes of decompressed text, or of rows.
	Lines int   `json:"lines,omitempty"`
	At    int64 `json:"at,omitempty"`
	// Done says that the whole file has been read.
	Done bool `json:"done,omitempty"`
}

// part returns the part of the source that stores a file.
func part(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:12])
}

func (c *cursor) text() (string, error) {
	text, err := json.Marshal(c)
	return string(text), err
}

// parseCursors reads the cursors of a source.
func parseCursors(texts map[string]string) (map[string]*cursor, error) {
	cursors := make(map[string]*cursor, len(texts))
	for key, text := range texts {
		c := &cursor{}
		if err := json.Unmarshal([]byte(text), c); err != nil {
			return nil, fmt.Errorf("read the cursor %s: %w", key, err)
		}
		cursors[key] = c
	}
	return cursors, nil
}

// recognised is what is known about a file from its content: a cursor, and the hash after the
// bytes that the cursor covers.
type recognised struct {
	cursor *cursor // nil: the content is new
	hash   hash.Hash
}

// recognise finds the cursor that covers the longest beginning of a text.
func recognise(in io.Reader, size int64, cursors map[string]*cursor) (r recognised, err error) {
	var at []*cursor
	for _, c := range cursors {
		if c.Bytes > 0 && c.Bytes <= size {
			at = append(at, c)
		}
	}
	slices.SortFunc(at, func(a, b *cursor) int { return int(min(max(a.Bytes-b.Bytes, -1), 1)) })
	h := sha256.New()
	r.hash = sha256.New()
	for done := int64(0); len(at) > 0; at = at[1:] {
		n, err := io.CopyN(h, in, at[0].Bytes-done)
		done += n
		if err != nil {
			return r, err
		}
		if hex.EncodeToString(h.Sum(nil)) != at[0].Sum {
			continue
		}
		if r.cursor != nil && r.cursor.Bytes == at[0].Bytes && (r.cursor.Done || r.cursor.At >= at[0].At) {
			continue
		}
		r.cursor = at[0]
		if r.hash, err = clone(h); err != nil {
			return r, err
		}
	}
	return r, nil
}

// clone copies a hash.
func clone(h hash.Hash) (hash.Hash, error) {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return nil, err
	}
	c := sha256.New()
	return c, c.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
}
