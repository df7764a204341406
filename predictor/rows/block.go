package rows

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Block contains consecutive rows of a CSV, cut into cells.
type Block struct {
	text    []byte
	copy    string // of the text: cells of it outlive the block
	line    int    // of its first row
	columns int
	cells   []span   // row by row
	starts  []uint32 // where each row begins in the text

	names []string // of the columns, for errors
}

// span is the position of a cell in the text, without its quotes.
type span struct{ from, to uint32 }

// Rows returns the number of rows.
func (b *Block) Rows() int { return len(b.starts) }

// Cell returns the text of a cell. The text stays valid.
func (b *Block) Cell(row, column int) string {
	at := b.cells[row*b.columns+column]
	return b.copy[at.from:at.to]
}

// Line returns the line on which a row begins, counted from 1.
func (b *Block) Line(row int) int { return b.lineAt(b.starts[row]) }

func (b *Block) lineAt(at uint32) int { return b.line + bytes.Count(b.text[:at], []byte{'\n'}) }

// Place names a row for an error.
func (b *Block) Place(row int) string { return fmt.Sprintf("line %d", b.Line(row)) }

// ends are the characters that end a cell or that need special treatment.
var ends = [256]bool{',': true, '\n': true, '\r': true, '"': true}

// cut cuts the text into cells. If a row is wrong, the rows before it are still available. It
// takes 1 ns a byte.
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

// cutRow cuts a row and returns where the next row begins. It reports false if there is a quote
// where no quote is allowed.
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

// cutQuoted cuts a quoted cell and returns where it ends. A doubled quote or a Windows line end
// becomes one character, in a copy after the text.
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

// append adds a cell whose text differs from the text in the file.
func (b *Block) append(cell string) {
	b.text = append(b.text, ',') // so that no number goes on behind it
	from := len(b.text)
	b.text = append(b.text, cell...)
	b.cells = append(b.cells, span{uint32(from), uint32(len(b.text))})
}

// cutUnusual lets encoding/csv cut a row, or say what is wrong with it.
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

// check returns what is wrong with a row. The cells of the row are the last cells.
func (b *Block) check(start uint32, cells int, valid bool) error {
	if n := len(b.cells) - cells; n != b.columns {
		return fmt.Errorf("line %d: has %d columns, the header has %d: write one cell for each, and quote cells that have a comma", b.lineAt(start), n, b.columns)
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
