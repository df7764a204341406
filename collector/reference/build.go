package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Column is one feature of the rows to build from. Numbers belong to numeric
// columns, NaN for a missing or an invalid value; Texts, in canonical form, to others,
// empty for such a value. Invalid says how many of these are invalid. Ranges keeps a
// number from being discrete, however few its values.
type Column struct {
	Name, Type string
	Numbers    []float64
	Texts      []string
	Invalid    int
	Ranges     bool
}

// BuildOptions says what the rows are.
type BuildOptions struct {
	// Model and Version are those of the model; Source says where the rows came
	// from and becomes Origin; Positive is the class whose probability the
	// score is, "" for "1".
	Model, Version, Source, Positive string
	// Classes are the classes with their names, where these are known; nil: those
	// of the labels, without names.
	Classes []value.Class
	// Threshold is the score from which on the labels' classes are the positive one,
	// 0 when the classes were not made of scores.
	Threshold float64
	// Missing lists texts that stand for a missing value.
	Missing []string
	// Created is written down as given.
	Created time.Time
	// FineBins is the number of quantile bins of a number, at most 200; 0 is 200.
	FineBins int
}

// Labels is what the model answered for held-out rows, in any order, and what
// happened: the row of the columns, its score (NaN: none), predicted and actual
// class (""; unknown). Score, Predicted and Actual may each be nil.
type Labels struct {
	Index             []int
	Score             []float64
	Predicted, Actual []string
}

// Build counts rows into a reference: each column over all rows, score and
// classes over the held-out rows only, on which the model was not fitted. A
// number gets quantile bins, or when it is [drift.Discrete] one bin for each value;
// a category its own count when it is among the 200 most frequent of those with at
// most 128 bytes, and the others are kept as [drift.Rare]. A score outside [0, 1] is
// an error. Equal input gives equal bytes. Sorts each column: 0.2 s for 12 numbers
// of 100,000 rows. labels may be nil.
func Build(columns []Column, labels *Labels, o BuildOptions) (*Reference, error) {
	if o.FineBins == 0 {
		o.FineBins = maxBins
	}
	if o.FineBins < 1 || o.FineBins > maxBins {
		return nil, fmt.Errorf("build reference: %d fine bins: choose 1 to %d", o.FineBins, maxBins)
	}
	if len(columns) == 0 {
		return nil, errors.New("build reference: there are no columns")
	}
	if labels == nil {
		labels = &Labels{}
	}
	r := &Reference{
		Schema: newest,
		Model:  o.Model, Version: o.Version, Origin: o.Source, Positive: o.Positive, Threshold: o.Threshold,
		Created: o.Created, Missing: value.NewMissingTexts(o.Missing).Texts(),
	}
	if r.Positive == "" {
		r.Positive = "1"
	}
	rows := columns[0].rows()
	r.Rows = int64(rows)
	if err := labels.check(rows); err != nil {
		return nil, fmt.Errorf("build reference: %w", err)
	}
	outcomes := labels.outcomes(labels.Index)
	for _, c := range columns {
		if n := c.rows(); n != rows {
			return nil, fmt.Errorf("build reference: column %q has %d rows and %q %d", c.Name, n, columns[0].Name, rows)
		}
		f, err := c.count(outcomes, o.FineBins)
		if err != nil {
			return nil, fmt.Errorf("build reference: column %q: %w", c.Name, err)
		}
		r.Features = append(r.Features, f)
	}
	if len(labels.Score) > 0 {
		score := numbers("score", labels.Score, labels.outcomes(nil), o.FineBins, everyRange)
		r.Score = &score
	}
	r.Classes = labels.classes(r.Positive, o.Classes)
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("build reference: %w", err)
	}
	var err error
	r.Hash, err = r.hash()
	return r, err
}

func (c *Column) rows() int {
	if c.Type == Numeric {
		return len(c.Numbers)
	}
	return len(c.Texts)
}

// count counts the column.
func (c *Column) count(outcomes []outcome, fine int) (f Feature, err error) {
	switch c.Type {
	case Numeric:
		how := discreteIfFew
		if c.Ranges {
			how = rangesIfFew
		}
		f = numbers(c.Name, c.Numbers, outcomes, fine, how)
	case Categorical:
		f = categories(c, outcomes)
	case Boolean:
		f, err = booleans(c, outcomes)
	default:
		err = fmt.Errorf("type %q is none of %q, %q and %q", c.Type, Numeric, Categorical, Boolean)
	}
	f.Missing -= int64(c.Invalid)
	f.Invalid = int64(c.Invalid)
	if err == nil && f.Missing < 0 {
		err = fmt.Errorf("%d rows are invalid, but only %d have no value", c.Invalid, f.Missing+f.Invalid)
	}
	return f, err
}

// finite returns the finite numbers, ascending; others are missing. -0 is 0.
func finite(numbers []float64) []float64 {
	all := make([]float64, 0, len(numbers))
	for _, x := range numbers {
		if !math.IsNaN(x - x) {
			all = append(all, x+0)
		}
	}
	slices.Sort(all)
	return all
}
