package reference

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Column is one feature of the rows from which a reference is built. Numeric columns have
// Numbers, NaN for a missing or invalid value. Other columns have Texts in canonical form, empty
// for a missing or invalid value. Invalid is how many of these values are invalid. Ranges
// prevents that a number is treated as discrete, however few its values.
type Column struct {
	Name, Type string
	Numbers    []float64
	Texts      []string
	Invalid    int
	Ranges     bool
}

// BuildOptions says what the rows are.
type BuildOptions struct {
	// Model and Version are the model's. Source says where the rows came from and becomes Origin.
	// Positive is the class whose probability the score is, "" for "1".
	Model, Version, Source, Positive string
	// Type says what the model predicts. An empty type is [value.Binary].
	Type value.Prediction
	// Classes are the classes with their names, if these are known. If nil, they are the classes
	// of the held-out rows, without names.
	Classes []value.Class
	// Counted are the classes as they were counted elsewhere, if there are no held-out rows.
	Counted []Class
	// Threshold is the score at or above which the class of the held-out rows is the positive
	// one. It is 0 if the classes do not come from scores.
	Threshold float64
	// Missing lists texts that stand for a missing value.
	Missing []string
	// Created is stored unchanged.
	Created time.Time
	// FineBins is the number of quantile bins of a number, at most 200; 0 is 200.
	FineBins int
}

// HeldOut contains the model's answers for held-out rows, in any order, and the outcomes. Index
// is the row in the columns. Score (NaN if there is none), Predicted and Actual class ("" if
// unknown) may each be nil. A regression has the predicted values as Score, and the outcomes as
// Truth (NaN if unknown), which may be nil. Rows is the number of rows of each entry, nil for one.
// Only [BuildTallies] uses it.
type HeldOut struct {
	Index             []int
	Rows              []int64
	Score             []float64
	Predicted, Actual []string
	Truth             []float64
}

// Build counts rows into a reference. It counts each column over all rows. It counts the score
// and the classes only over the held-out rows, on which the model was not fitted. heldOut may be
// nil.
//
// A number gets quantile bins, or one bin for each value if it is [drift.Discrete]. A category
// gets its own count if it is among the 200 most frequent categories of at most 128 bytes. The
// others are kept as [drift.Rare]. A score outside [0, 1] is an error, except of a regression. The same input gives the
// same bytes. Build sorts each column: 0.2 s for 12 numbers of 100,000 rows.
func Build(columns []Column, heldOut *HeldOut, o BuildOptions) (*Reference, error) {
	if o.FineBins == 0 {
		o.FineBins = maxBins
	}
	if o.FineBins < 1 || o.FineBins > maxBins {
		return nil, fmt.Errorf("build reference: %d fine bins: choose 1 to %d", o.FineBins, maxBins)
	}
	if len(columns) == 0 {
		return nil, errors.New("build reference: there are no columns")
	}
	if heldOut == nil {
		heldOut = &HeldOut{}
	}
	rows := columns[0].rows()
	if err := heldOut.check(rows); err != nil {
		return nil, fmt.Errorf("build reference: %w", err)
	}
	outcomes := heldOut.outcomes(heldOut.Index)
	tallies := make([]Tally, len(columns))
	for i := range columns {
		c := &columns[i]
		if n := c.rows(); n != rows {
			return nil, fmt.Errorf("build reference: column %q has %d rows and %q %d", c.Name, n, columns[0].Name, rows)
		}
		if tallies[i] = c.tally(outcomes); tallies[i].Missing < 0 {
			return nil, fmt.Errorf("build reference: column %q: %d rows are invalid, but only %d have no value", c.Name, c.Invalid, tallies[i].Missing+int64(c.Invalid))
		}
	}
	var score *Tally
	if len(heldOut.Score) > 0 {
		t := (&Column{Name: "score", Type: Numeric, Numbers: heldOut.Score}).tally(heldOut.outcomes(nil))
		score = &t
	}
	r, err := BuildTallies(int64(rows), tallies, score, heldOut, o)
	if err != nil {
		return nil, err
	}
	return r, heldOut.score(r)
}

func (c *Column) rows() int {
	if c.Type == Numeric {
		return len(c.Numbers)
	}
	return len(c.Texts)
}

// tally counts the column by value.
func (c *Column) tally(outcomes []outcome) Tally {
	t := Tally{Name: c.Name, Type: c.Type, Ranges: c.Ranges, HasOutcomes: len(outcomes) > 0, Invalid: int64(c.Invalid)}
	var cell func(row int) *Cell
	if c.Type == Numeric {
		cell = c.tallyNumbers(&t)
	} else {
		cell = c.tallyTexts(&t)
	}
	known := int64(0)
	for i := range t.Cells {
		known += t.Cells[i].Rows
	}
	t.Missing = int64(c.rows()) - known - t.Invalid
	for _, o := range outcomes {
		at := cell(o.row)
		if at == nil {
			continue
		}
		at.Labelled++
		if o.right {
			at.Correct++
		}
	}
	return t
}

// tallyNumbers fills in the cells. It returns a function that finds the cell of a row.
func (c *Column) tallyNumbers(t *Tally) func(row int) *Cell {
	for _, x := range finite(c.Numbers) {
		if last := len(t.Cells) - 1; last >= 0 && t.Cells[last].Number == x {
			t.Cells[last].Rows++
			continue
		}
		t.Cells = append(t.Cells, Cell{Number: x, Rows: 1})
	}
	return func(row int) *Cell {
		i, ok := slices.BinarySearchFunc(t.Cells, c.Numbers[row], func(cell Cell, x float64) int { return cmp.Compare(cell.Number, x) })
		if !ok {
			return nil
		}
		return &t.Cells[i]
	}
}

// tallyTexts does for texts what tallyNumbers does for numbers.
func (c *Column) tallyTexts(t *Tally) func(row int) *Cell {
	places := map[string]int{}
	for _, text := range c.Texts {
		if text == "" {
			continue
		}
		text = valid(text)
		at, ok := places[text]
		if !ok {
			at = len(t.Cells)
			places[text] = at
			t.Cells = append(t.Cells, Cell{Text: text})
		}
		t.Cells[at].Rows++
	}
	return func(row int) *Cell {
		if c.Texts[row] == "" {
			return nil
		}
		return &t.Cells[places[valid(c.Texts[row])]]
	}
}

// finite returns the finite numbers in ascending order. Other numbers are missing. -0 becomes 0.
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
