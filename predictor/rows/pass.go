package rows

import (
	"context"
	"errors"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// ErrChanged is the error of a table that is another one when it is read again.
var ErrChanged = errors.New("the file changed while it was read: try again")

// Table is rows with named columns that can be read as often as one likes.
type Table interface {
	// Header names the columns.
	Header() Header
	// Scan reads all rows once, on all cores. It returns the first error in the order
	// of the rows.
	Scan(ctx context.Context, p *Pass) error
}

// Pass is what is done with the rows of a table while they are read, in pieces of rows
// that follow each other. Every function may be nil.
type Pass struct {
	// Together are columns that Rows wants side by side. It is called for several
	// pieces at once, in any order.
	Together []int
	Rows     func(p *Piece) error
	// Then is called with one piece after the other, in their order, after Rows.
	Then func(p *Piece) error
	// Each are columns that Column wants one by one, as the i-th of Each: of one column
	// one piece after the other, of several columns at once; after Then.
	Each   []int
	Column func(i int, cells Cells, p *Piece) error
}

// Piece is some rows of a table that follow each other.
type Piece struct {
	// First is the number of the first row, from 0; it is known to Then and Column.
	First int64
	// Rows is how many there are.
	Rows int
	// Marks and Made are what Rows made of them, for Then and Column.
	Marks []uint8
	Made  any

	together []Cells
	place    func(row int) string
}

// Cells are those of the i-th column of Pass.Together.
func (p *Piece) Cells(i int) Cells { return p.together[i] }

// Place names a row for an error, as in "line 12".
func (p *Piece) Place(row int) string { return p.place(row) }

// Cells are the values of one column in the rows of a piece.
type Cells interface {
	// Survey adds each to a survey.
	Survey(s *value.Survey)
	// Numbers reads each in a numeric column; x is NaN unless its kind is Known.
	Numbers(read *value.Column, x []float64, kinds []value.Kind)
	// Texts reads each in a column that is not numeric. The text, in canonical form, is
	// valid until yield returns.
	Texts(read *value.Column, yield func(row int, kind value.Kind, text []byte))
	// Text is one of them as it is written, "" for none.
	Text(row int) string
	// AppendJSON appends one of them, read in a column, as JSON: null for none, and what
	// is invalid as the text that it is.
	AppendJSON(to []byte, read *value.Column, row int) []byte
}
