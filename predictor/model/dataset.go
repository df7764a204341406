package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Dataset is rows of features, by column, and what became of them.
type Dataset struct {
	Columns  []Column
	Outcomes []float64 // 1, 0, NaN: not known; nil without an outcome column
	Rows     int
	Outcome  string // name of the outcome column, empty without one
	Positive string // the outcome column's value that is coded 1
}

// Column is one feature of all rows. Its fields and their order are those of
// reference.Column, so that one converts to the other.
type Column struct {
	Name    string
	Type    string    // Numeric or Categorical
	Numbers []float64 // numeric; NaN: missing
	Texts   []string  // categorical
	Missing []bool    // categorical: which Texts are missing
}

// CSVOptions says which column of a CSV is the outcome; every other one is a
// feature.
type CSVOptions struct {
	Outcome  string // empty: none of them
	Positive string // the value that is class 1; empty where the values are 0 and 1, or false and true
}

// ReadCSV reads a whole CSV, plain or gzip, into memory: the text itself, 8
// bytes a number, 16 a category. A column is numeric when every cell that is
// not missing parses as a finite number, else categorical; missing is what
// Missing says. Errors name the line and the column. It reads twice, first to
// learn the types, and takes some 2 us a row of 12 columns.
func ReadCSV(r io.Reader, o CSVOptions) (*Dataset, error) {
	in, err := decompress(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	s, err := survey(data, o)
	if err != nil {
		return nil, err
	}
	return s.fill(data)
}

// columns is what a first reading found out about a CSV.
type columns struct {
	names    []string
	numeric  []bool
	outcome  int // index, -1: none
	positive string
	rows     int
}

func survey(data []byte, o CSVOptions) (*columns, error) {
	in, err := NewCSV(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := &columns{names: in.Columns, numeric: make([]bool, len(in.Columns)), outcome: -1}
	if o.Outcome != "" {
		if s.outcome, err = in.Column(o.Outcome); err != nil {
			return nil, fmt.Errorf("outcome: %w", err)
		}
	}
	if len(s.names) == 1 && s.outcome == 0 {
		return nil, fmt.Errorf("%q is the only column: there is no feature beside the outcome", o.Outcome)
	}
	present := make([]bool, len(s.names))
	textual := make([]bool, len(s.names))
	infinite := make([]int, len(s.names)) // the first line with an infinity
	var outcomes Outcomes
	for {
		cells, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s.rows++
		for i, cell := range cells {
			switch {
			case Missing(cell):
				continue
			case i == s.outcome:
				outcomes.Add(cell)
			case textual[i]:
			default:
				if _, ok := Number(cell); !ok {
					if isInfinite(cell) {
						if infinite[i] == 0 {
							infinite[i] = in.Line()
						}
					} else {
						textual[i] = true
					}
				}
			}
			present[i] = true
		}
	}
	if s.rows == 0 {
		return nil, errors.New("the CSV has a header but no rows")
	}
	if s.outcome >= 0 {
		if s.positive, err = outcomes.Positive(o.Positive); err != nil {
			return nil, fmt.Errorf("outcome column %q %w", o.Outcome, err)
		}
	}
	for i, name := range s.names {
		if i == s.outcome {
			continue
		}
		if !present[i] {
			return nil, fmt.Errorf("column %q has no value in any row: remove it or fill it in", name)
		}
		if !textual[i] && infinite[i] > 0 {
			return nil, fmt.Errorf("line %d, column %q: the number is not finite: correct or empty the cell", infinite[i], name)
		}
		s.numeric[i] = !textual[i]
	}
	return s, nil
}

// isInfinite tells an infinity, also one by overflow such as 1e999, from text.
func isInfinite(cell string) bool {
	x, _ := strconv.ParseFloat(strings.TrimSpace(cell), 64) // its error is told by the infinity
	return math.IsInf(x, 0)
}

func (s *columns) fill(data []byte) (*Dataset, error) {
	in, err := NewCSV(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	all := make([]Column, len(s.names))
	known := make([]map[string]string, len(s.names)) // one string for equal texts
	d := &Dataset{Rows: s.rows, Positive: s.positive}
	for i, name := range s.names {
		switch {
		case i == s.outcome:
			d.Outcome, d.Outcomes = name, make([]float64, s.rows)
		case s.numeric[i]:
			all[i] = Column{Name: name, Type: Numeric, Numbers: make([]float64, s.rows)}
		default:
			all[i] = Column{Name: name, Type: Categorical, Texts: make([]string, s.rows), Missing: make([]bool, s.rows)}
			known[i] = map[string]string{}
		}
	}
	for row := range s.rows {
		cells, err := in.Next()
		if err != nil {
			return nil, err
		}
		for i, cell := range cells {
			switch {
			case i == s.outcome:
				d.Outcomes[row] = outcomeNumber(cell, s.positive)
			case s.numeric[i]:
				all[i].Numbers[row] = numberOrNaN(cell)
			case Missing(cell):
				all[i].Missing[row] = true
			default:
				text, ok := known[i][cell]
				if !ok {
					text = strings.Clone(cell) // not a piece of the row
					known[i][text] = text
				}
				all[i].Texts[row] = text
			}
		}
	}
	for i := range all {
		if i != s.outcome {
			d.Columns = append(d.Columns, all[i])
		}
	}
	return d, nil
}

func outcomeNumber(cell, positive string) float64 {
	switch {
	case Missing(cell):
		return math.NaN()
	case IsPositive(cell, positive):
		return 1
	}
	return 0
}

func numberOrNaN(cell string) float64 {
	if x, ok := Number(cell); ok {
		return x
	}
	return math.NaN() // missing: the survey has seen that everything else parses
}

// Values returns one row's values in the order of the columns, as Predict
// takes them.
func (d *Dataset) Values(row int) []Value {
	return d.appendValues(make([]Value, 0, len(d.Columns)), row)
}

func (d *Dataset) appendValues(values []Value, row int) []Value {
	for i := range d.Columns {
		c := &d.Columns[i]
		if c.Type == Numeric {
			x := c.Numbers[row]
			values = append(values, Value{Number: x, Missing: math.IsNaN(x)})
		} else {
			values = append(values, Value{Text: c.Texts[row], Missing: c.Missing[row]})
		}
	}
	return values
}
