package rows

import (
	"math"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Survey implements Cells.
func (c *parquetCells) Survey(s *value.Survey) {
	switch {
	case c.leaf.float != nil:
		for _, x := range c.floats {
			s.AddNumber(x, 1)
		}
	case c.leaf.integer != nil:
		for i, x := range c.integers {
			if c.known[i] {
				s.AddInteger(x, 1)
			} else {
				s.Add("", 1)
			}
		}
	default:
		for _, text := range c.texts {
			s.Add(text, 1)
		}
	}
}

// SurveyNumbers implements Cells.
func (c *parquetCells) SurveyNumbers(s *value.Survey, read *value.Column, x []float64, kinds []value.Kind) {
	c.Survey(s)
	c.Numbers(read, x, kinds)
}

// Numbers implements Cells.
func (c *parquetCells) Numbers(read *value.Column, x []float64, kinds []value.Kind) {
	switch {
	case c.leaf.float != nil:
		for i, number := range c.floats {
			x[i], kinds[i] = number+0, read.KindOf(number) // -0 is 0
		}
	case c.leaf.integer != nil:
		for i, number := range c.integers {
			if x[i], kinds[i] = float64(number), value.Missing; c.known[i] {
				kinds[i] = read.KindOf(x[i])
			}
		}
	default:
		for i, text := range c.texts {
			v := read.Read(text)
			x[i], kinds[i] = v.Number, v.Kind
		}
	}
	for i, kind := range kinds[:c.rows()] {
		if kind != value.Known {
			x[i] = math.NaN()
		}
	}
}

func (c *parquetCells) rows() int {
	switch {
	case c.leaf.float != nil:
		return len(c.floats)
	case c.leaf.integer != nil:
		return len(c.integers)
	}
	return len(c.texts)
}

// Texts implements Cells.
func (c *parquetCells) Texts(read *value.Column, yield func(row int, kind value.Kind, text []byte)) {
	var scratch [64]byte
	var text []byte
	for row := range c.rows() {
		text = append(text[:0], c.Text(row)...)
		kind, canonical, _ := read.ReadBytes(text, scratch[:0])
		yield(row, kind, canonical)
	}
}

// Text implements Cells. A number is written as its shortest decimal.
func (c *parquetCells) Text(row int) string {
	switch {
	case c.leaf.float != nil:
		return value.FormatNumber(c.floats[row])
	case c.leaf.integer == nil:
		return c.texts[row]
	case c.known[row]:
		return strconv.FormatInt(c.integers[row], 10)
	}
	return ""
}

// AppendJSON implements Cells.
func (c *parquetCells) AppendJSON(to []byte, read *value.Column, row int) []byte {
	switch {
	case read.Type != value.Numeric:
		var scratch [64]byte
		kind, text, _ := read.ReadBytes([]byte(c.Text(row)), scratch[:0])
		return appendText(to, kind, text)
	case c.leaf.float != nil:
		return appendNumber(to, read.KindOf(c.floats[row]), c.floats[row])
	case c.leaf.integer != nil:
		if x := c.integers[row]; c.known[row] && read.KindOf(float64(x)) == value.Known {
			return strconv.AppendInt(to, x, 10)
		}
		return append(to, "null"...)
	}
	v := read.Read(c.texts[row])
	if v.Kind == value.Invalid {
		return appendString(to, []byte(c.texts[row]))
	}
	return appendNumber(to, v.Kind, v.Number)
}
