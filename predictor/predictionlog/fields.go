package predictionlog

import (
	"database/sql/driver"
	"fmt"
)

// fields takes the columns of a result row as the types that the schema
// promises. A damaged file may hold others: the first such column is err.
type fields struct {
	row []driver.Value
	err error
}

func (f *fields) wrong(i int, want string) {
	if f.err == nil {
		f.err = fmt.Errorf("column %d holds %T where the schema has %s", i+1, f.row[i], want)
	}
}

func (f *fields) integer(i int) int64 {
	v, ok := f.row[i].(int64)
	if !ok {
		f.wrong(i, "an integer")
	}
	return v
}

func (f *fields) real(i int) float64 {
	switch v := f.row[i].(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	f.wrong(i, "a number")
	return 0
}

func (f *fields) text(i int) string {
	v, ok := f.row[i].(string)
	if !ok {
		f.wrong(i, "a text")
	}
	return v
}

func (f *fields) bytes(i int) []byte {
	v, ok := f.row[i].([]byte)
	if !ok {
		f.wrong(i, "a text")
	}
	return v
}
