package model

import (
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Dataset is rows of features, by column, and what became of them.
type Dataset struct {
	Columns []Column
	Rows    int
	// Missing lists texts that stand for a missing value, in canonical form, beside
	// those that always do.
	Missing []string

	// Outcome is the name of the outcome column, empty without one. Outcomes are 1, 0
	// or NaN, not known; nil without an outcome column, and when there are Predicted
	// classes. Coding says which of its values are 1 and 0.
	Outcome  string
	Outcomes []float64
	Coding   value.Coding

	// Scores are those of the score column, NaN where there is none; Predicted and
	// Actual are the classes of the class column and of the outcome column beside it, in
	// canonical form, empty where there is none. Each is nil without its column.
	Scores            []float64
	Predicted, Actual []string

	// Notes say what a person should know about how the columns were read.
	Notes []string
}

// Column is one feature of all rows. Its fields and their order are those of
// reference.Column, so that one converts to the other.
type Column struct {
	Name    string
	Type    string    // Numeric, Categorical or Boolean
	Numbers []float64 // numeric; NaN: missing or invalid
	Texts   []string  // others, in canonical form; empty: missing
	Invalid int       // rows whose text is not of the type
	Ranges  bool      // numeric because a flag says so, however few its values
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
			values = append(values, Value{Text: c.Texts[row], Missing: c.Texts[row] == ""})
		}
	}
	return values
}
