package count

import (
	"runtime"

	"github.com/drift-exporter/drift_exporter/collector/count/sorted"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// early counts the columns that look numeric while their types are still being found out. If they
// turn out to be numeric, they need no second reading: that takes a third less processor time.
// With answers of a model there is always a second reading, because what is counted depends on
// them.
type early struct {
	columns []column // by index in the table; without numbers where it was given up
}

func newEarly(t rows.Table, o *Options, space *sorted.Space) *early {
	e := &early{columns: make([]column, len(t.Header()))}
	if o.Score != "" || o.Class != "" {
		return e
	}
	missing := value.NewMissingTexts(o.Missing)
	for i := range e.columns {
		of := &survey.Column{Read: value.Column{Type: value.Numeric, Missing: missing}}
		e.columns[i] = newColumn(of, space, o.Memory/len(e.columns), o.Memory/12/runtime.GOMAXPROCS(0))
	}
	return e
}

// add surveys and counts some rows of a column. It gives up a column once most values are no
// numbers.
func (e *early) add(i int, s *value.Survey, cells rows.Cells, p *rows.Piece) error {
	c := &e.columns[i]
	if c.numbers == nil {
		cells.Survey(s)
		return nil
	}
	x, kinds := c.scratch(p.Rows)
	cells.SurveyNumbers(s, &c.of.Read, x, kinds)
	invalid := c.invalid
	for row, kind := range kinds {
		switch kind {
		case value.Known:
			c.numbers.Add(x[row], sorted.Unknown)
		case value.Invalid:
			c.invalid++
		case value.Missing:
			c.missing++
		}
	}
	err := c.numbers.Err()
	if 2*(c.invalid-invalid) > int64(p.Rows) {
		c.numbers = nil
	}
	return err
}

// column returns a column whose type is known if it was counted, or nil.
func (e *early) column(i int, of *survey.Column) *column {
	c := &e.columns[i]
	if c.numbers == nil || of.Role != survey.Feature || of.Read.Type != value.Numeric {
		return nil
	}
	c.of = of
	return c
}
