package rows

import (
	"context"
	"errors"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// ErrChanged is the error if a table has changed when it is read again.
var ErrChanged = errors.New("the file changed while it was read: try again")

// Table contains rows with named columns. It can be read any number of times.
type Table interface {
	// Header returns the names of the columns.
	Header() Header
	// Scan reads all rows once, on all cores. It returns the first error in the order of the
	// rows.
	Scan(ctx context.Context, p *Pass) error
}

// Pass says what is done with the rows of a table while they are read. They are read in pieces of
// consecutive rows. Every function may be nil.
type Pass struct {
	// Together lists the columns that Rows needs side by side. Rows is called for several pieces
	// at once, in any order.
	Together []int
	Rows     func(p *Piece) error
	// Then is called after Rows, for one piece after the other, in their order.
	Then func(p *Piece) error
	// Each lists the columns that Column reads one by one. i is the index in Each. Column is
	// called after Then: for several columns at once, but within a column for one piece after the
	// other.
	Each   []int
	Column func(i int, cells Cells, p *Piece) error
}

// Piece contains consecutive rows of a table.
type Piece struct {
	// First is the number of the first row, counted from 0. Only Then and Column know it.
	First int64
	// Rows is the number of rows.
	Rows int
	// Marks and Made are results of Rows for the rows, for use in Then and Column.
	Marks []uint8
	Made  any

	together []Cells
	place    func(row int) string
}

// Cells returns the cells of the i-th column of Pass.Together.
func (p *Piece) Cells(i int) Cells { return p.together[i] }

// Place describes where a row is, for an error, for example "line 12".
func (p *Piece) Place(row int) string { return p.place(row) }

// Cells contains the values of one column in the rows of a piece.
type Cells interface {
	// Survey adds all values to a survey.
	Survey(s *value.Survey)
	// SurveyNumbers does Survey and Numbers.
	SurveyNumbers(s *value.Survey, read *value.Column, x []float64, kinds []value.Kind)
	// Numbers reads the values of a numeric column. x is NaN unless the kind is Known.
	Numbers(read *value.Column, x []float64, kinds []value.Kind)
	// Texts reads the values of a column that is not numeric. The texts are in canonical form.
	// Each is valid until yield returns.
	Texts(read *value.Column, yield func(row int, kind value.Kind, text []byte))
	// Text returns a value as it is written, "" for none.
	Text(row int) string
	// AppendJSON appends a value of the column as JSON. It appends null for none, and the
	// original text of an invalid value.
	AppendJSON(to []byte, read *value.Column, row int) []byte
}
