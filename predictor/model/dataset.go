package model

import (
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Dataset holds features and outcomes of rows, by column.
type Dataset struct {
	Columns []Column
	Rows    int
	// Missing lists additional texts that stand for a missing value, in canonical form.
	Missing []string

	// Outcome is the name of the outcome column, empty without one. Outcomes are 1, 0 or,
	// if unknown, NaN. They are nil without an outcome column, and when there are
	// Predicted classes. Coding says which values of the column are 1 and 0.
	Outcome  string
	Outcomes []float64
	Coding   value.Coding

	// Truth are the outcomes of a regression, NaN where unknown. They are nil for other types.
	// Type is what the outcomes are.
	Truth []float64
	Type  value.Prediction

	// Scores come from the score column; a row without a score has NaN. Predicted are the
	// classes of the class column. Actual are those of the outcome column, in canonical form, if
	// there is a class column or if there are many classes; a row without a class has "". Each is nil without its column.
	Scores            []float64
	Predicted, Actual []string

	// Notes are sentences for a person about how the columns were read.
	Notes []string
}

// Column is one feature of all rows. Its fields and their order are the same as in
// reference.Column, so that one converts to the other.
type Column struct {
	Name    string
	Type    string    // Numeric, Categorical or Boolean
	Numbers []float64 // numeric; NaN: missing or invalid
	Texts   []string  // others, in canonical form; empty: missing
	Invalid int       // rows whose text is not of the type
	Ranges  bool      // numeric because a flag says so, however few its values
}

// Values returns the values of one row in the order of the columns, for Predict.
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
			values = append(values, Value{Text: c.Texts[row], Missing: c.Texts[row] == ""})
		}
	}
	return values
}

// outcomes returns the number of rows for which there is an outcome, known or not.
func (d *Dataset) outcomes() int {
	switch d.Type {
	case value.Multiclass:
		return len(d.Actual)
	case value.Regression:
		return len(d.Truth)
	}
	return len(d.Outcomes)
}
