// Package survey finds out what the columns of a table of rows are: which are features,
// of which type, and which hold scores, classes and outcomes.
package survey

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Options say what the columns of a table are. Every column that they do not name
// is a feature, of the type that [value.Survey] guesses.
type Options struct {
	Type     value.Prediction // what the model predicts; empty: what the outcomes look like
	Outcome  string           // column with what became of a row; empty: none
	Positive string           // the outcome that is class 1; empty where they are 0 and 1, or false and true
	Score    string           // column with the probability of class 1; empty: none
	Class    string           // column with the predicted class; empty: none

	Numeric, Categorical, Ignore []string // columns whose type is not to be guessed, or that are no features
	Missing                      []string // texts that stand for a missing value
}

// Survey is what the columns of a table are.
type Survey struct {
	Columns []Column
	Rows    int
	// Missing are the texts that stand for a missing value, beside those that always do.
	Missing *value.MissingTexts
	// Coded says that the outcomes are two values, which Coding makes class 1 and 0.
	// Beside a class column they are not.
	Coded  bool
	Coding value.Coding
	// Type is what the model predicts. It is only decided by the outcomes if there is no class
	// column.
	Type value.Prediction
	// Notes say what a person should know about how the columns are read.
	Notes []string
}

// Of reads a table once. An error of a row names its line.
func Of(ctx context.Context, t rows.Table, o *Options) (*Survey, error) {
	return With(ctx, t, o, func(_ int, s *value.Survey, cells rows.Cells, _ *rows.Piece) error {
		cells.Survey(s)
		return nil
	})
}

// With is Of, and leaves it to the caller to survey the cells of features, who may read
// more of them. i is the index of the column.
func With(ctx context.Context, t rows.Table, o *Options, feature func(i int, s *value.Survey, cells rows.Cells, p *rows.Piece) error) (*Survey, error) {
	s := &Survey{Missing: value.NewMissingTexts(o.Missing), Coded: o.Outcome != "" && o.Class == "", Type: o.Type.Or(value.Binary)}
	var err error
	if s.Columns, err = columnsOf(t.Header(), o); err != nil {
		return nil, err
	}
	for i := range s.Columns {
		s.Columns[i].Read.Missing = s.Missing
	}
	surveys, outcomes, err := s.read(ctx, t, feature)
	if err != nil {
		return nil, err
	}
	if s.Rows == 0 {
		return nil, errors.New("has a header but no rows")
	}
	if s.Coded && o.Type == "" && o.Positive == "" {
		if s.Type, err = s.guess(o, &outcomes); err != nil {
			return nil, err
		}
	}
	if s.Coded = s.Coded && s.Type == value.Binary; s.Coded {
		if s.Coding, err = outcomes.of.Coding(o.Positive); err != nil {
			return nil, fmt.Errorf("outcome column %q %w", o.Outcome, err)
		}
	}
	return s, s.decide(surveys)
}

// read goes over all values.
func (s *Survey) read(ctx context.Context, t rows.Table, feature func(i int, s *value.Survey, cells rows.Cells, p *rows.Piece) error) (surveys []*value.Survey, outcomes outcomes, err error) {
	outcomes.of.Missing, outcomes.seen = s.Missing, map[string]bool{}
	surveys = make([]*value.Survey, len(s.Columns))
	pass := rows.Pass{Then: func(p *rows.Piece) error {
		s.Rows += p.Rows
		return nil
	}}
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Role != Ignored {
			surveys[i] = value.NewSurvey(c.Name, c.Asked, s.Missing)
			pass.Each = append(pass.Each, i)
		}
	}
	pass.Column = func(at int, cells rows.Cells, p *rows.Piece) error {
		switch i := pass.Each[at]; s.Columns[i].Role {
		case Feature:
			return feature(i, surveys[i], cells, p)
		case Score:
			cells.Survey(surveys[i])
		case Outcome:
			for row := range p.Rows {
				outcomes.add(cells.Text(row))
			}
		}
		return nil
	}
	return surveys, outcomes, t.Scan(ctx, &pass)
}

// decide gives each feature its type, and leaves out those that have none.
func (s *Survey) decide(surveys []*value.Survey) error {
	features := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Role != Feature && c.Role != Score {
			continue
		}
		guess, err := surveys[i].Guess()
		if err != nil {
			return err
		}
		s.Notes = append(s.Notes, guess.Notes...)
		switch {
		case c.Role == Score:
		case guess.Type == "":
			c.Role = Ignored
		default:
			c.Read.Type = guess.Type
			features++
		}
	}
	if features == 0 {
		return fmt.Errorf("no column is a feature: %s", strings.Join(append([]string{"all others are named by flags"}, s.Notes...), "; "))
	}
	return nil
}

// Find returns the index of the column with a role, -1 without one.
func (s *Survey) Find(role Role) int {
	for i := range s.Columns {
		if s.Columns[i].Role == role {
			return i
		}
	}
	return -1
}

// CheckScores returns an error for the first cell of the score column that is not a number.
func (s *Survey) CheckScores(kinds []value.Kind, cells rows.Cells, p *rows.Piece) error {
	for row, kind := range kinds[:p.Rows] {
		if kind == value.Invalid {
			return fmt.Errorf("%s, column %q: the score %.40q is not a number", p.Place(row), s.Columns[s.Find(Score)].Name, cells.Text(row))
		}
	}
	return nil
}

// CheckTruth returns an error for the first cell of the outcome column of a regression that is
// not a number.
func (s *Survey) CheckTruth(kinds []value.Kind, cells rows.Cells, p *rows.Piece) error {
	for row, kind := range kinds[:p.Rows] {
		if kind == value.Invalid {
			return fmt.Errorf("%s, column %q: the outcome %.40q is not a number, as a regression needs; empty the cell if it is not known, or say with --type that these are classes",
				p.Place(row), s.Columns[s.Find(Outcome)].Name, cells.Text(row))
		}
	}
	return nil
}
