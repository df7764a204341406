package rows

import (
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// csvCells are the cells of one column of a block.
type csvCells struct {
	block  *Block
	column int
}

// Survey implements Cells.
func (c csvCells) Survey(s *value.Survey) {
	for row := range c.block.Rows() {
		s.Add(c.block.Cell(row, c.column), 1)
	}
}

// SurveyNumbers implements Cells. It parses a plain number once.
func (c csvCells) SurveyNumbers(s *value.Survey, read *value.Column, x []float64, kinds []value.Kind) {
	b := c.block
	for row, at := 0, c.column; row < b.Rows(); row, at = row+1, at+b.columns {
		cell := b.cells[at]
		text := b.copy[cell.from:cell.to]
		number, end, ok := value.Literal(b.text, int(cell.from))
		if ok && end == int(cell.to) {
			s.AddLiteral(text, number)
			x[row], kinds[row] = number, read.KindOf(number)
		} else {
			s.Add(text, 1)
			v := read.Read(text)
			x[row], kinds[row] = v.Number, v.Kind
		}
		if kinds[row] != value.Known {
			x[row] = math.NaN()
		}
	}
}

// Numbers implements Cells.
func (c csvCells) Numbers(read *value.Column, x []float64, kinds []value.Kind) {
	b := c.block
	for row, at := 0, c.column; row < b.Rows(); row, at = row+1, at+b.columns {
		x[row], kinds[row] = read.ReadNumber(b.text, int(b.cells[at].from), int(b.cells[at].to))
		if kinds[row] != value.Known {
			x[row] = math.NaN()
		}
	}
}

// Texts implements Cells.
func (c csvCells) Texts(read *value.Column, yield func(row int, kind value.Kind, text []byte)) {
	b := c.block
	var scratch [64]byte
	for row, at := 0, c.column; row < b.Rows(); row, at = row+1, at+b.columns {
		kind, text, _ := read.ReadBytes(b.text[b.cells[at].from:b.cells[at].to], scratch[:0])
		yield(row, kind, text)
	}
}

// Text implements Cells.
func (c csvCells) Text(row int) string { return c.block.Cell(row, c.column) }

// AppendJSON implements Cells. A number keeps its spelling if that is valid JSON.
func (c csvCells) AppendJSON(to []byte, read *value.Column, row int) []byte {
	b := c.block
	at := b.cells[row*b.columns+c.column]
	cell := b.text[at.from:at.to]
	if read.Type != value.Numeric {
		var scratch [64]byte
		kind, text, _ := read.ReadBytes(cell, scratch[:0])
		return appendText(to, kind, text)
	}
	if x, end, ok := value.Literal(b.text, int(at.from)); ok && end == int(at.to) && read.KindOf(x) == value.Known {
		return append(to, cell...)
	}
	x, kind := read.ReadNumber(b.text, int(at.from), int(at.to))
	if kind == value.Invalid {
		return appendString(to, cell)
	}
	return appendNumber(to, kind, x)
}
