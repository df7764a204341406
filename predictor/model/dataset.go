package model

import "math"

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
