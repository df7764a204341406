package rows

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// cursor reads a column of a row group, value by value.
type cursor struct {
	leaf  *leaf
	pages parquet.Pages
	page  parquet.Page // nil: the next one is to be read
	left  int          // rows of the page
	row   int          // of the page, that is next
	value int          // likewise, among those that are there

	levels     []byte // 0 where a row has no value; nil: all have one
	indexes    []int32
	doubles    []float64
	longs      []int64
	rest       parquet.ValueReader // of a page that is none of these
	buf        []parquet.Value
	dictionary parquet.Dictionary
	entries    parquetCells // of the dictionary
}

func newCursor(l *leaf, group parquet.RowGroup) *cursor {
	return &cursor{leaf: l, pages: group.ColumnChunks()[l.index].Pages()}
}

func (c *cursor) close() error {
	if c.page != nil {
		parquet.Release(c.page)
	}
	return c.pages.Close()
}

// read reads the next rows into cells.
func (c *cursor) read(to *parquetCells, p *Piece) error {
	to.reset(c.leaf, p.Rows)
	for at := 0; at < p.Rows; {
		if c.left == 0 {
			if err := c.next(); err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return fmt.Errorf("read Parquet column %q: %w", c.leaf.name, err)
			}
			continue
		}
		n := min(c.left, p.Rows-at)
		if err := c.copy(to, at, n); err != nil {
			return fmt.Errorf("read Parquet column %q: %w", c.leaf.name, err)
		}
		at, c.left = at+n, c.left-n
	}
	return to.check(p)
}

// next goes to the next page. The library that decodes it may panic if a file is broken.
func (c *cursor) next() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file is broken: %v", r)
		}
	}()
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	if c.page, err = c.pages.ReadPage(); err != nil {
		return err
	}
	page := c.page
	c.left, c.row, c.value = int(page.NumRows()), 0, 0
	c.levels, c.indexes, c.doubles, c.longs, c.rest = nil, nil, nil, nil, nil
	if c.leaf.depth > 0 {
		c.levels = page.DefinitionLevels()
	}
	data := page.Data()
	switch d := page.Dictionary(); {
	case d != nil:
		c.indexes = data.Int32()
		c.translate(d)
	case c.leaf.float != nil && page.Type().Kind() == parquet.Double:
		c.doubles = data.Double()
	case c.leaf.integer != nil && page.Type().Kind() == parquet.Int64:
		c.longs = data.Int64()
	default:
		c.rest = page.Values()
	}
	return nil
}

// translate reads the entries of a dictionary.
func (c *cursor) translate(d parquet.Dictionary) {
	if d == c.dictionary {
		return
	}
	c.dictionary = d
	if c.leaf.float != nil && d.Type().Kind() == parquet.Double {
		data := d.Page().Data()
		c.entries = parquetCells{leaf: c.leaf, floats: data.Double()} // a copy would take 1 MB for each column
		return
	}
	c.entries.reset(c.leaf, d.Len())
	for i := range d.Len() {
		c.entries.set(i, d.Index(int32(i)))
	}
}

// copy copies n rows of the page.
func (c *cursor) copy(to *parquetCells, at, n int) error {
	if c.rest != nil {
		return c.copyRest(to, at, n)
	}
	values := len(c.indexes) + len(c.doubles) + len(c.longs) // one of them
	for i := at; i < at+n; i, c.row = i+1, c.row+1 {
		if c.levels != nil && c.levels[c.row] < c.leaf.depth {
			continue
		}
		if c.value >= values {
			return io.ErrUnexpectedEOF
		}
		switch {
		case c.indexes != nil:
			entry := int(c.indexes[c.value])
			if entry < 0 || entry >= c.dictionary.Len() {
				return fmt.Errorf("value %d of a dictionary of %d", entry, c.dictionary.Len())
			}
			to.copy(i, &c.entries, entry)
		case c.doubles != nil:
			to.floats[i] = c.doubles[c.value]
		default:
			to.integers[i], to.known[i] = c.longs[c.value], true
		}
		c.value++
	}
	return nil
}

// copyRest copies n rows of a page of another type.
func (c *cursor) copyRest(to *parquetCells, at, n int) error {
	c.buf = slices.Grow(c.buf[:0], n)[:n]
	for read := 0; read < n; {
		k, err := c.rest.ReadValues(c.buf[:n-read])
		for i, v := range c.buf[:k] {
			if !v.IsNull() {
				to.set(at+read+i, v)
			}
		}
		if read += k; err != nil && (!errors.Is(err, io.EOF) || read < n) {
			return err
		}
	}
	return nil
}

// parquetCells are values of a column of a Parquet file. They are in one of the slices. The
// function of the leaf says in which one.
type parquetCells struct {
	leaf     *leaf
	floats   []float64 // NaN: none
	integers []int64
	known    []bool // which of these there are
	texts    []string
}

// reset makes room for n rows without values.
func (c *parquetCells) reset(l *leaf, n int) {
	c.leaf = l
	switch {
	case l.float != nil:
		c.floats = slices.Grow(c.floats[:0], n)[:n]
		for i := range c.floats {
			c.floats[i] = math.NaN()
		}
	case l.integer != nil:
		c.integers, c.known = slices.Grow(c.integers[:0], n)[:n], slices.Grow(c.known[:0], n)[:n]
		clear(c.known)
	default:
		c.texts = slices.Grow(c.texts[:0], n)[:n]
		clear(c.texts)
	}
}

// set sets one value.
func (c *parquetCells) set(i int, v parquet.Value) {
	switch {
	case c.leaf.float != nil:
		c.floats[i] = c.leaf.float(v)
	case c.leaf.integer != nil:
		c.integers[i], c.known[i] = c.leaf.integer(v), true
	default:
		c.texts[i] = c.leaf.text(v)
	}
}

// copy copies one value of other cells.
func (c *parquetCells) copy(i int, from *parquetCells, at int) {
	switch {
	case c.leaf.float != nil:
		c.floats[i] = from.floats[at]
	case c.leaf.integer != nil:
		c.integers[i], c.known[i] = from.integers[at], from.known[at]
	default:
		c.texts[i] = from.texts[at]
	}
}

// check returns an error for a text that is not UTF-8.
func (c *parquetCells) check(p *Piece) error {
	if c.leaf.text == nil {
		return nil
	}
	for row, text := range c.texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%s, column %s: %s is not UTF-8: convert the file", p.Place(row), quoted(c.leaf.name), quoted(text))
		}
	}
	return nil
}
