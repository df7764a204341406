package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// CSVOptions says what the columns of a CSV are. Every column that it does not name
// is a feature, of the type that [value.Survey] guesses.
type CSVOptions struct {
	Outcome  string // column with the outcome; empty: none
	Positive string // the outcome that is class 1; empty where they are 0 and 1, or false and true
	Score    string // column with the probability of class 1; empty: none
	Class    string // column with the predicted class; empty: none

	Numeric, Categorical, Ignore []string // columns whose type is given, or that are not features
	Missing                      []string // texts that stand for a missing value
}

// ReadCSV reads a whole CSV, plain or gzip, into memory: the text itself, 8
// bytes a number, 16 a category. Errors name the line and the column. It reads
// twice, first to learn the types, and takes about 6 us a row of 12 columns.
func ReadCSV(r io.Reader, o CSVOptions) (*Dataset, error) {
	data, err := rows.Content(r)
	if err != nil {
		return nil, err
	}
	s, err := survey(data, &o)
	if err != nil {
		return nil, err
	}
	return s.fill(data)
}

// surveyed is the result of a first reading of a CSV.
type surveyed struct {
	roles   []role
	missing *value.MissingTexts
	coding  value.Coding
	coded   bool // the outcomes have a coding
	rows    int
	notes   []string
}

// survey reads everything once.
func survey(data []byte, o *CSVOptions) (*surveyed, error) {
	in, err := rows.NewCSV(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := &surveyed{missing: value.NewMissingTexts(o.Missing), coded: o.Outcome != "" && o.Class == ""}
	if s.roles, err = rolesOf(in, o); err != nil {
		return nil, err
	}
	surveys := make([]*value.Survey, len(s.roles))
	for i := range s.roles {
		surveys[i] = value.NewSurvey(s.roles[i].name, s.roles[i].asked, s.missing)
	}
	outcomes := value.Outcomes{Missing: s.missing}
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
			switch s.roles[i].is {
			case isFeature, isScore:
				surveys[i].Add(cell, 1)
			case isOutcome:
				outcomes.Add(cell)
			}
		}
	}
	if s.rows == 0 {
		return nil, errors.New("the CSV has a header but no rows")
	}
	if s.coded {
		if s.coding, err = outcomes.Coding(o.Positive); err != nil {
			return nil, fmt.Errorf("outcome column %q %w", o.Outcome, err)
		}
	}
	return s, s.decide(surveys)
}

// decide sets the type of each feature, and leaves out columns that have none.
func (s *surveyed) decide(surveys []*value.Survey) error {
	features := 0
	for i := range s.roles {
		r := &s.roles[i]
		if r.is != isFeature && r.is != isScore {
			continue
		}
		guess, err := surveys[i].Guess()
		if err != nil {
			return err
		}
		s.notes = append(s.notes, guess.Notes...)
		switch {
		case r.is == isScore:
		case guess.Type == "":
			r.is = isIgnored
		default:
			r.column.Type = guess.Type
			features++
		}
	}
	if features == 0 {
		return fmt.Errorf("no column is a feature: %s", strings.Join(append([]string{"all others are named by flags"}, s.notes...), "; "))
	}
	return nil
}

// fill reads everything again into columns of the decided types.
func (s *surveyed) fill(data []byte) (*Dataset, error) {
	in, err := rows.NewCSV(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	d := &Dataset{Rows: s.rows, Missing: s.missing.Texts(), Coding: s.coding, Notes: s.notes}
	all := make([]Column, len(s.roles))
	known := map[string]string{} // one string for equal texts
	for i := range s.roles {
		r := &s.roles[i]
		r.column.Missing = s.missing
		all[i] = Column{Name: r.name, Type: r.column.Type, Ranges: r.asked == Numeric}
		switch {
		case r.is == isFeature && r.column.Type == Numeric:
			all[i].Numbers = make([]float64, s.rows)
		case r.is == isFeature:
			all[i].Texts = make([]string, s.rows)
		case r.is == isScore:
			d.Scores = make([]float64, s.rows)
		case r.is == isClass:
			d.Predicted = make([]string, s.rows)
		case r.is == isOutcome && s.coded:
			d.Outcome, d.Outcomes = r.name, make([]float64, s.rows)
		case r.is == isOutcome:
			d.Outcome, d.Actual = r.name, make([]string, s.rows)
		}
	}
	for row := range s.rows {
		cells, err := in.Next()
		if err != nil {
			return nil, err
		}
		for i, cell := range cells {
			c := &all[i]
			switch r := &s.roles[i]; {
			case r.is == isFeature:
				c.set(row, r.column.Read(cell), known)
			case r.is == isScore:
				if d.Scores[row], err = scoreOf(cell, r, in.Line()); err != nil {
					return nil, err
				}
			case r.is == isClass:
				d.Predicted[row] = once(known, s.missing.Class(cell))
			case r.is == isOutcome && s.coded:
				d.Outcomes[row] = outcomeNumber(s.coding.Class(cell))
			case r.is == isOutcome:
				d.Actual[row] = once(known, s.missing.Class(cell))
			}
		}
	}
	for i := range all {
		if s.roles[i].is == isFeature {
			d.Columns = append(d.Columns, all[i])
		}
	}
	return d, nil
}

// set sets one row's value.
func (c *Column) set(row int, v value.Value, known map[string]string) {
	switch {
	case v.Kind == value.Invalid:
		c.Invalid++
		fallthrough
	case v.Kind == value.Missing:
		if c.Type == Numeric {
			c.Numbers[row] = math.NaN()
		}
	case c.Type == Numeric:
		c.Numbers[row] = v.Number
	default:
		c.Texts[row] = once(known, v.Text)
	}
}

// once returns the same string for equal texts. It is a copy, not a part of the row.
func once(known map[string]string, text string) string {
	if _, ok := known[text]; !ok {
		text = strings.Clone(text)
		known[text] = text
	}
	return known[text]
}

func scoreOf(cell string, r *role, line int) (float64, error) {
	v := r.column.Read(cell)
	switch v.Kind {
	case value.Missing:
		return math.NaN(), nil
	case value.Invalid:
		return 0, fmt.Errorf("line %d, column %q: the score %.40q is not a number", line, r.name, cell)
	}
	return v.Number, nil
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
