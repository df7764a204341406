// Package rows reads rows with named columns from files, and writes files whole.
package rows

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// CSV reads a CSV file with a header, one row at a time: comma-separated,
// quoted as in RFC 4180, UTF-8, plain or gzip (by its first bytes).
type CSV struct {
	Columns []string // the header, names trimmed of spaces
	reader  *csv.Reader
	line    int
}

// NewCSV reads the header. It is an error when there is none, when a name in it
// is empty or occurs twice, or when the text is evidently no CSV of this form: UTF-16,
// lines that end in CR alone, another separator than a comma. An error quotes at most
// 40 bytes of the file.
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
	c := &CSV{reader: csv.NewReader(in)}
	c.reader.ReuseRecord = true
	header, err := c.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the CSV is empty: the first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read CSV header: %w", err)
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		return nil, fmt.Errorf("line 1: the columns of %s are not separated by commas: convert the file", quoted(header[0]))
	}
	seen := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("line 1: the name of column %d is not UTF-8: convert the file", i+1)
		}
		if name == "" {
			return nil, fmt.Errorf("line 1: column %d has no name: name it, or write the file without an index (pandas: to_csv(index=False))", i+1)
		}
		if first, ok := seen[name]; ok {
			return nil, fmt.Errorf("line 1: columns %d and %d are both named %s: rename one", first+1, i+1, quoted(name))
		}
		seen[name] = i
		c.Columns = append(c.Columns, name)
	}
	return c, nil
}

// Content reads a whole file into memory, without its gzip.
func Content(r io.Reader) ([]byte, error) {
	in, err := decompress(r)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	return content, nil
}

// decompress undoes gzip when the first two bytes are its magic number.
func decompress(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(2); string(magic) != "\x1f\x8b" {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("read gzip: %w", err)
	}
	return bufio.NewReaderSize(z, 1<<16), nil
}

// Next returns the cells of the next row, as many as there are columns, or
// io.EOF after the last. The slice is valid until the next call.
func (c *CSV) Next() ([]string, error) {
	record, err := c.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if at, ok := errors.AsType[*csv.ParseError](err); ok && errors.Is(err, csv.ErrFieldCount) {
		return nil, fmt.Errorf("line %d: has %d columns, the header has %d", at.Line, len(record), len(c.Columns))
	}
	if err != nil {
		return nil, fmt.Errorf("read CSV row: %w", err)
	}
	c.line, _ = c.reader.FieldPos(0)
	for i, cell := range record {
		if !utf8.ValidString(cell) {
			return nil, fmt.Errorf("line %d, column %s: %s is not UTF-8: convert the file", c.line, quoted(c.Columns[i]), quoted(cell))
		}
	}
	return record, nil
}

// Line is the line, from 1, on which the row of the last Next began.
func (c *CSV) Line() int { return c.line }

// Column is the index of the named column; the error lists the columns there are.
func (c *CSV) Column(name string) (int, error) {
	for i, column := range c.Columns {
		if column == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("there is no column %q: the columns are %s", name, c.Names())
}

// mostNames bounds what an error says of a file with many columns.
const mostNames = 50

// Names lists the columns for an error: the first 50, each cut to 40 bytes.
func (c *CSV) Names() string {
	var list strings.Builder
	for i, name := range c.Columns {
		if i == mostNames {
			fmt.Fprintf(&list, " and %d more", len(c.Columns)-i)
			break
		}
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(cut(name))
	}
	return list.String()
}
