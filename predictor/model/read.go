package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

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
// learn the types, and takes some 4 us a row of 12 columns.
func ReadCSV(r io.Reader, o CSVOptions) (*Dataset, error) {
	data, err := rows.Content(r)
	if err != nil {
		return nil, err
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

// survey reads everything once.
func survey(data []byte, o CSVOptions) (*columns, error) {
	in, err := rows.NewCSV(bytes.NewReader(data))
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
	seen := make([]contents, len(s.names))
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
			if i == s.outcome {
				outcomes.Add(cell)
			} else {
				seen[i].add(cell, in.Line())
			}
		}
	}
	if s.rows == 0 {
		return nil, errors.New("the CSV has a header but no rows")
	}
	for i, name := range s.names {
		if i == s.outcome {
			s.positive, err = outcomes.Positive(o.Positive)
			if err != nil {
				return nil, fmt.Errorf("outcome column %q %w", name, err)
			}
			continue
		}
		if s.numeric[i], err = seen[i].numeric(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// contents is what the cells of one column hold.
type contents struct {
	number, text bool
	infinite     int // the first line with an infinity; 0: none
}

func (c *contents) add(cell string, line int) {
	if c.text || Missing(cell) {
		return
	}
	_, number := Number(cell)
	switch {
	case number:
		c.number = true
	case isInfinite(cell):
		if c.infinite == 0 {
			c.infinite = line
		}
	default:
		c.text = true
	}
}

// numeric tells the column's type.
func (c *contents) numeric(name string) (bool, error) {
	switch {
	case c.text:
		return false, nil
	case c.infinite > 0:
		return false, fmt.Errorf("line %d, column %q: the number is not finite: correct or empty the cell", c.infinite, name)
	case !c.number:
		return false, fmt.Errorf("column %q has no value in any row: remove it or fill it in", name)
	}
	return true, nil
}

// isInfinite tells an infinity, also one by overflow such as 1e999, from text.
func isInfinite(cell string) bool {
	x, _ := strconv.ParseFloat(strings.TrimSpace(cell), 64) // whatever is wrong with it, only infinity counts
	return math.IsInf(x, 0)
}

// fill reads everything again, into columns of their types.
func (s *columns) fill(data []byte) (*Dataset, error) {
	in, err := rows.NewCSV(bytes.NewReader(data))
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
