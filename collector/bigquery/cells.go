package bigquery

import (
	"fmt"
	"math"

	"cloud.google.com/go/bigquery"
)

// mostValues is the maximum number of distinct values of a column that can be counted.
const mostValues = 1_000_000

// cell is one row of the result of a count, without its column.
type cell struct {
	bin    int64 // -1 when NULL
	number float64
	text   string
	known  bool // there is a number or a text

	classes classes

	n, huge                   int64
	total, squares, low, high float64
}

// classes are the texts of the predicted and the actual class, empty for NULL.
type classes struct{ predicted, actual string }

// cells are the rows of the result, by column.
type cells struct {
	of   map[int][]cell
	most int
}

// add adds a row of the result. It returns an error if the row is malformed or if a column has
// too many rows.
func (all *cells) add(row []bigquery.Value, name func(column int) string) error {
	if len(row) != 12 {
		return fmt.Errorf("a row of the result has %d columns, not 12", len(row))
	}
	v := reader{row: row}
	column := int(v.whole(0))
	c := cell{bin: -1, known: row[2] != nil || row[3] != nil, classes: classes{v.text(4), v.text(5)}, n: v.whole(6)}
	if row[1] != nil {
		if c.bin = v.whole(1); c.bin < 0 && v.err == nil {
			v.err = fmt.Errorf("a row of the result has bin %d", c.bin)
		}
	}
	if c.n < 0 && v.err == nil {
		v.err = fmt.Errorf("a row of the result counts %d rows", c.n)
	}
	c.number, c.text = v.number(2)+0, v.text(3) // -0 is 0.
	c.total, c.squares, c.low, c.high, c.huge = v.number(7), v.number(8), v.number(9), v.number(10), v.whole(11)
	if v.err != nil {
		return v.err
	}
	if len(all.of[column]) == all.most {
		return tooMany(name(column), all.most)
	}
	all.of[column] = append(all.of[column], c)
	return nil
}

func tooMany(name string, most int) error {
	return fmt.Errorf("%s has more than %d distinct values, by predicted class and outcome: more are not counted one by one; group them in a view, or leave the column out with ignore or features", name, most)
}

// reader reads the values of a row and keeps the first error.
type reader struct {
	row []bigquery.Value
	err error
}

func (r *reader) whole(i int) int64 {
	n, ok := r.row[i].(int64)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a whole number", i, r.row[i])
	}
	return n
}

// number returns a number, NaN for NULL.
func (r *reader) number(i int) float64 {
	if r.row[i] == nil {
		return math.NaN()
	}
	x, ok := r.row[i].(float64)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a number", i, r.row[i])
	}
	return x
}

// text returns a text, "" for NULL.
func (r *reader) text(i int) string {
	if r.row[i] == nil {
		return ""
	}
	s, ok := r.row[i].(string)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %d of the result is a %T, not a text", i, r.row[i])
	}
	return s
}
