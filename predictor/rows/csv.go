// Package rows reads rows with named columns from CSV and Parquet files. It also writes whole
// files.
package rows

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// CSV reads a CSV file with a header, one row at a time. The file is comma-separated, quoted as
// in RFC 4180, in UTF-8, and plain or gzip, which is detected from its first bytes.
type CSV struct {
	Columns Header // names in canonical form, see value.Name
	blocks  splitter
	block   Block // the rows that Next returns, at first those behind the header
	begun   bool
	row     int
	wrong   error // behind these rows
	cells   []string
}

// NewCSV reads the header. It returns an error if there is no header, if a name in it is empty or
// occurs twice, or if the text is clearly no CSV of this form: UTF-16, lines that end in CR
// alone, or a separator other than a comma. An error quotes at most 40 bytes of the file.
func NewCSV(r io.Reader) (*CSV, error) {
	in, err := decompress(r)
	if err != nil {
		return nil, err
	}
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3) // buffered by Peek: cannot fail
	}
	if err := checkForm(in); err != nil {
		return nil, err
	}
	c := &CSV{blocks: splitter{in: in, line: 1}}
	if err := c.blocks.next(&c.block); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	text := csv.NewReader(bytes.NewReader(c.block.text))
	header, err := text.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the CSV is empty: the first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read CSV header: %w", err)
	}
	names := c.block.text[:text.InputOffset()]
	c.block.text = c.block.text[len(names):]
	c.block.line += bytes.Count(names, []byte{'\n'})
	c.Columns, err = headerOf(header)
	return c, err
}

// headerOf checks the names of the columns.
func headerOf(header []string) (names Header, err error) {
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		return nil, fmt.Errorf("line 1: the columns of %s are not separated by commas: convert the file", quoted(header[0]))
	}
	if err := checkWidth(len(header)); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	seen := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.Clone(value.Name(name))
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("line 1: the name of column %d is not UTF-8: convert the file", i+1)
		}
		if strings.ContainsRune(name, 0) {
			return nil, fmt.Errorf("line 1: the name of column %d has a NUL byte: the file is not a text, or is an archive: convert it", i+1)
		}
		if name == "" {
			return nil, fmt.Errorf("line 1: column %d has no name: name it, or write the file without an index (pandas: to_csv(index=False))", i+1)
		}
		if first, ok := seen[name]; ok {
			return nil, fmt.Errorf("line 1: columns %d and %d are both named %s: rename one", first+1, i+1, quoted(name))
		}
		seen[name] = i
		names = append(names, name)
	}
	return names, nil
}

// decompress decompresses gzip if the first two bytes are its magic number.
func decompress(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	magic, _ := in.Peek(4)
	if string(magic) == parquetMagic {
		return nil, errors.New("is a Parquet file: name it with --parquet instead of --csv")
	}
	if !strings.HasPrefix(string(magic), "\x1f\x8b") {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("read gzip: %w", err)
	}
	return bufio.NewReaderSize(z, 1<<16), nil
}

// next fills a block with the next rows, which are not cut into cells yet. After the last row it
// returns io.EOF.
func (c *CSV) next(b *Block) error {
	if c.begun {
		return c.blocks.next(b)
	}
	c.begun = true
	b.text, b.line = append(b.text[:0], c.block.text...), c.block.line
	return nil
}

// Next returns the cells of the next row, one for each column. After the last row it returns
// io.EOF. The slice is valid until the next call.
func (c *CSV) Next() ([]string, error) {
	for c.row == c.block.Rows() {
		if c.wrong != nil {
			return nil, c.wrong
		}
		if c.wrong = c.next(&c.block); c.wrong == nil {
			c.row, c.wrong = 0, c.block.cut(c.Columns)
		}
	}
	c.cells = c.cells[:0]
	for i := range c.Columns {
		c.cells = append(c.cells, c.block.Cell(c.row, i))
	}
	c.row++
	return c.cells, nil
}

// Line returns the line on which the row of the last Next began, counted from 1.
func (c *CSV) Line() int { return c.block.Line(c.row - 1) }
