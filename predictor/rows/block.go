package rows

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Block is some rows of a CSV that follow each other, cut into cells.
type Block struct {
	text    []byte
	copy    string // of the text: cells of it outlive the block
	line    int    // of its first row
	columns int
	cells   []span   // row by row
	starts  []uint32 // where each row begins in the text

	names []string // of the columns, for errors
}

// span is a cell of the text, without its quotes.
type span struct{ from, to uint32 }

// Rows is the number of rows.
func (b *Block) Rows() int { return len(b.starts) }

// Cell is the text of a cell; it stays valid.
func (b *Block) Cell(row, column int) string {
	at := b.cells[row*b.columns+column]
	return b.copy[at.from:at.to]
}

// Line is the line, from 1, on which a row begins.
func (b *Block) Line(row int) int { return b.lineAt(b.starts[row]) }

func (b *Block) lineAt(at uint32) int { return b.line + bytes.Count(b.text[:at], []byte{'\n'}) }

// Place names a row for an error.
func (b *Block) Place(row int) string { return fmt.Sprintf("line %d", b.Line(row)) }

// ends are the characters at which a cell ends, or needs a closer look.
var ends = [256]bool{',': true, '\n': true, '\r': true, '"': true}

// cut cuts the text into cells. The rows before one that is wrong are there, too.
// 1 ns a byte.
func (b *Block) cut(names []string) error {
	b.names, b.columns, b.cells, b.starts = names, len(names), b.cells[:0], b.starts[:0]
	text, valid := b.text, utf8.Valid(b.text)
	var wrong error
	for i := b.skip(text, 0); i < len(text) && wrong == nil; i = b.skip(text, i) {
		start, cells := i, len(b.cells)
		end, ok := b.cutRow(text, i)
		if !ok {
			b.cells = b.cells[:cells]
			if end, wrong = b.cutUnusual(text, start); wrong != nil {
				break
			}
		}
		if wrong = b.check(uint32(start), cells, valid); wrong == nil {
			b.starts = append(b.starts, uint32(start))
		} else {
			b.cells = b.cells[:cells]
		}
		i = end
	}
	b.copy = string(b.text)
	return wrong
}

// skip skips empty lines.
func (b *Block) skip(text []byte, i int) int {
	for i < len(text) {
		switch {
		case text[i] == '\n':
			i++
		case text[i] == '\r' && (i+1 == len(text) || text[i+1] == '\n'):
			i = min(i+2, len(text))
		default:
			return i
		}
	}
	return i
}

// cutRow cuts a row, and returns where the next one begins. It reports false for quotes
// where none belong.
func (b *Block) cutRow(text []byte, i int) (next int, ok bool) {
	for {
		from := i
		if i < len(text) && text[i] == '"' {
			if i, ok = b.cutQuoted(text, i); !ok {
				return i, false
			}
		} else {
			for i < len(text) && (!ends[text[i]] || text[i] == '\r' && i+1 < len(text) && text[i+1] != '\n') {
				i++
			}
			b.cells = append(b.cells, span{uint32(from), uint32(i)})
		}
		switch {
		case i == len(text):
			return i, true
		case text[i] == ',':
			i++
		case text[i] == '\n':
			return i + 1, true
		case text[i] == '\r':
			return min(i+2, len(text)), true
		default:
			return i, false
		}
	}
}

// cutQuoted cuts a quoted cell and returns where it ends. Quotes that are written twice
// and line ends as Windows has them become one character, in a copy behind the text.
func (b *Block) cutQuoted(text []byte, i int) (next int, ok bool) {
	i++
	from, plain := i, true
	for {
		quote := bytes.IndexByte(text[i:], '"')
		if quote < 0 {
			return i, false
		}
		if i += quote; i+1 < len(text) && text[i+1] == '"' {
			i, plain = i+2, false
			continue
		}
		break
	}
	cell := text[from:i]
	if i++; i < len(text) && text[i] != ',' && text[i] != '\n' && (text[i] != '\r' || i+1 < len(text) && text[i+1] != '\n') {
		return i, false
	}
	if plain && !bytes.Contains(cell, []byte("\r\n")) {
		b.cells = append(b.cells, span{uint32(from), uint32(i - 1)})
		return i, true
	}
	b.append(unquote.Replace(string(cell)))
	return i, true
}

var unquote = strings.NewReplacer(`""`, `"`, "\r\n", "\n")

// append adds a cell that is not as the text has it.
func (b *Block) append(cell string) {
	b.text = append(b.text, ',') // so that no number goes on behind it
	from := len(b.text)
	b.text = append(b.text, cell...)
	b.cells = append(b.cells, span{uint32(from), uint32(len(b.text))})
}

// cutUnusual has encoding/csv cut a row, or say what is wrong with it.
func (b *Block) cutUnusual(text []byte, start int) (next int, err error) {
	r := csv.NewReader(bytes.NewReader(text[start:]))
	r.FieldsPerRecord = -1
	record, err := r.Read()
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		before := b.lineAt(uint32(start)) - 1
		at.StartLine += before
		at.Line += before
	}
	if err != nil {
		return 0, fmt.Errorf("read CSV row: %w", err)
	}
	for _, cell := range record {
		b.append(cell)
	}
	return start + int(r.InputOffset()), nil
}

// check returns what is wrong with the row whose cells are the last ones.
func (b *Block) check(start uint32, cells int, valid bool) error {
	if n := len(b.cells) - cells; n != b.columns {
		return fmt.Errorf("line %d: has %d columns, the header has %d", b.lineAt(start), n, b.columns)
	}
	if valid {
		return nil
	}
	for i, at := range b.cells[cells:] {
		if cell := b.text[at.from:at.to]; !utf8.Valid(cell) {
			return fmt.Errorf("line %d, column %s: %s is not UTF-8: convert the file", b.lineAt(start), quoted(b.names[i]), quoted(string(cell)))
		}
	}
	return nil
}
