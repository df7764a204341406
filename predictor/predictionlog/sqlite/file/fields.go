package file

import (
	"database/sql/driver"
	"fmt"
)

// fields takes the columns of a result row as the types that the schema
// promises. A damaged file may hold others: the first such column is err.
type Fields struct {
	Row []driver.Value
	Err error
}

func (f *Fields) wrong(i int, want string) {
	if f.Err == nil {
		f.Err = fmt.Errorf("column %d holds %T where the schema has %s", i+1, f.Row[i], want)
	}
}

func (f *Fields) Integer(i int) int64 {
	v, ok := f.Row[i].(int64)
	if !ok {
		f.wrong(i, "an integer")
	}
	return v
}

func (f *Fields) Real(i int) float64 {
	switch v := f.Row[i].(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	f.wrong(i, "a number")
	return 0
}

func (f *Fields) Text(i int) string {
	v, ok := f.Row[i].(string)
	if !ok {
		f.wrong(i, "a text")
	}
	return v
}

func (f *Fields) Bytes(i int) []byte {
	v, ok := f.Row[i].([]byte)
	if !ok {
		f.wrong(i, "a text")
	}
	return v
}
