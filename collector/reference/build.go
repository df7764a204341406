package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Column is one feature of the rows to build from. Numbers belong to numeric
// columns, NaN for a missing value; Texts to categorical ones, with Missing (nil
// when none is) beside them.
type Column struct {
	Name, Type string
	Numbers    []float64
	Texts      []string
	Missing    []bool
}

// BuildOptions says what the rows are.
type BuildOptions struct {
	// Model and Version are those of the model; Source says where the rows came
	// from and becomes Origin; Positive is the class whose probability the
	// score is, "" for "1".
	Model, Version, Source, Positive string
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

// fewValues is the number of distinct values up to which a number is discrete:
// twice the usual number of bins. Quantile edges of the terms 15, 20 and 30
// would collapse.
const fewValues = 20

// Build counts rows into a reference: each column over all rows, score and
// classes over the held-out rows only, on which the model was not fitted. A
// number gets quantile bins, or with at most 20 distinct values one bin for
// each; a category its own count when it is among the 200 most frequent and no
// longer than 128 bytes. Equal input gives equal bytes. Sorts each column: 0.2 s
// for 12 numbers of 100,000 rows. labels may be nil.
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
	r := &Reference{Model: o.Model, Version: o.Version, Origin: o.Source, Positive: o.Positive, Created: o.Created}
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
		switch c.Type {
		case Numeric:
			r.Features = append(r.Features, numbers(c.Name, c.Numbers, outcomes, o.FineBins, fewValues))
		case Categorical:
			r.Features = append(r.Features, categories(c, outcomes))
		default:
			return nil, fmt.Errorf("build reference: column %q: type %q is neither %q nor %q", c.Name, c.Type, Numeric, Categorical)
		}
	}
	if len(labels.Score) > 0 {
		score := numbers("score", labels.Score, labels.outcomes(nil), o.FineBins, 0)
		r.Score = &score
	}
	r.Classes = labels.classes(r.Positive)
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

// present calls f for every row with a text.
func (c *Column) present(f func(row int, text string)) {
	for row, text := range c.Texts {
		if c.Missing == nil || !c.Missing[row] {
			f(row, strings.ToValidUTF8(text, "\ufffd"))
		}
	}
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
