package model

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// ReadCSV is [Read] of a CSV, plain or gzip, of which it also keeps the text meanwhile.
func ReadCSV(r io.Reader, o survey.Options) (*Dataset, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	t, err := rows.NewCSVTable(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	return Read(context.Background(), t, &o)
}

// Read reads a whole table into memory: 8 bytes a number, 16 a category. Errors name the
// line and the column. It reads twice, first to learn the types.
func Read(ctx context.Context, t rows.Table, o *survey.Options) (*Dataset, error) {
	s, err := survey.Of(ctx, t, o)
	if err != nil {
		return nil, err
	}
	f := newFilling(s)
	read := 0
	pass := rows.Pass{Each: f.each, Column: f.column, Then: func(p *rows.Piece) error {
		read += p.Rows
		return nil
	}}
	if err := t.Scan(ctx, &pass); err != nil {
		return nil, err
	}
	if read != s.Rows {
		return nil, rows.ErrChanged
	}
	for i := range f.columns {
		if s.Columns[i].Role == survey.Feature {
			f.data.Columns = append(f.data.Columns, f.columns[i])
		}
	}
	return f.data, nil
}

// filling fills the columns of a dataset.
type filling struct {
	survey  *survey.Survey
	data    *Dataset
	each    []int // columns that are read
	columns []Column
	known   []map[string]string // one string for equal texts, by column
	kinds   [][]value.Kind      // scratch, by column
}

func newFilling(s *survey.Survey) *filling {
	d := &Dataset{Rows: s.Rows, Missing: s.Missing.Texts(), Coding: s.Coding, Notes: s.Notes, Type: s.Type}
	n := len(s.Columns)
	f := &filling{survey: s, data: d, columns: make([]Column, n), known: make([]map[string]string, n), kinds: make([][]value.Kind, n)}
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Role == survey.Ignored {
			continue
		}
		f.each = append(f.each, i)
		f.known[i] = map[string]string{}
		f.columns[i] = Column{Name: c.Name, Type: c.Read.Type, Ranges: c.Asked == Numeric}
		switch {
		case c.Role == survey.Feature && c.Read.Type == Numeric:
			f.columns[i].Numbers = make([]float64, s.Rows)
		case c.Role == survey.Feature:
			f.columns[i].Texts = make([]string, s.Rows)
		case c.Role == survey.Score:
			d.Scores = make([]float64, s.Rows)
		case c.Role == survey.Class:
			d.Predicted = make([]string, s.Rows)
		case s.Type == value.Regression:
			d.Outcome, d.Truth = c.Name, make([]float64, s.Rows)
		case s.Coded:
			d.Outcome, d.Outcomes = c.Name, make([]float64, s.Rows)
		default:
			d.Outcome, d.Actual = c.Name, make([]string, s.Rows)
		}
	}
	return f
}

// column fills in some rows of a column.
func (f *filling) column(at int, cells rows.Cells, p *rows.Piece) error {
	i, first := f.each[at], int(p.First)
	if first+p.Rows > f.data.Rows {
		return rows.ErrChanged
	}
	switch c, known := &f.survey.Columns[i], f.known[i]; c.Role {
	case survey.Feature:
		f.feature(i, cells, p)
	case survey.Score:
		kinds := f.scratch(i, p.Rows)
		cells.Numbers(&c.Read, f.data.Scores[first:], kinds)
		return f.survey.CheckScores(kinds, cells, p)
	case survey.Class:
		for row := range p.Rows {
			f.data.Predicted[first+row] = once(known, []byte(f.survey.Missing.Class(cells.Text(row))))
		}
	case survey.Outcome:
		if f.data.Truth != nil {
			kinds := f.scratch(i, p.Rows)
			cells.Numbers(&value.Column{Type: Numeric, Missing: f.survey.Missing}, f.data.Truth[first:], kinds)
			return f.survey.CheckTruth(kinds, cells, p)
		}
		for row := range p.Rows {
			if f.survey.Coded {
				f.data.Outcomes[first+row] = outcomeNumber(f.survey.Coding.Class(cells.Text(row)))
			} else {
				class := f.survey.Missing.Class(cells.Text(row))
				if _, kind := value.Number(class); kind == value.Missing && f.survey.Type == value.Multiclass {
					class = "" // NA, nan and their kin
				}
				f.data.Actual[first+row] = once(known, []byte(class))
			}
		}
	}
	return nil
}

// feature fills in some rows of a feature.
func (f *filling) feature(i int, cells rows.Cells, p *rows.Piece) {
	read, c := &f.survey.Columns[i].Read, &f.columns[i]
	if c.Type == Numeric {
		kinds := f.scratch(i, p.Rows)
		cells.Numbers(read, c.Numbers[p.First:], kinds)
		for _, kind := range kinds {
			if kind == value.Invalid {
				c.Invalid++
			}
		}
		return
	}
	cells.Texts(read, func(row int, kind value.Kind, text []byte) {
		if kind == value.Invalid {
			c.Invalid++
		}
		c.Texts[int(p.First)+row] = once(f.known[i], text)
	})
}

// scratch is room for the kinds of some rows of a column.
func (f *filling) scratch(i, rows int) []value.Kind {
	if cap(f.kinds[i]) < rows {
		f.kinds[i] = make([]value.Kind, rows)
	}
	return f.kinds[i][:rows]
}

// once returns the one string for equal texts.
func once(known map[string]string, text []byte) string {
	one, ok := known[string(text)]
	if !ok {
		one = string(text)
		known[one] = one
	}
	return one
}

func outcomeNumber(class string) float64 {
	switch class {
	case "1":
		return 1
	case "0":
		return 0
	}
	return math.NaN()
}
