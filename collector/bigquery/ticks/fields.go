package ticks

import (
	"fmt"
	"time"

	"cloud.google.com/go/bigquery"
)

// fields reads the columns of a row one after the other. The first column of another type than is
// expected is an error.
type fields struct {
	row []bigquery.Value
	at  int
	err error
}

// next returns the next column, nil after an error.
func (f *fields) next() bigquery.Value {
	if f.at >= len(f.row) {
		f.fail("it has %d columns", len(f.row))
		return nil
	}
	f.at++
	return f.row[f.at-1]
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("a row of the answer cannot be read: "+format, args...)
	}
}

// value returns the next column; null is the zero value.
func value[T any](f *fields) (v T) {
	switch column := f.next().(type) {
	case nil:
	case T:
		return column
	default:
		f.fail("column %d is a %T", f.at, column)
	}
	return v
}

// list returns the next column, which is an array.
func list[T any](f *fields) []T {
	column := value[[]bigquery.Value](f)
	if len(column) == 0 {
		return nil
	}
	all := make([]T, len(column))
	for i, v := range column {
		one, ok := v.(T)
		if !ok {
			f.fail("column %d has a %T", f.at, v)
			return nil
		}
		all[i] = one
	}
	return all
}

func (f *fields) text() string      { return value[string](f) }
func (f *fields) integer() int64    { return value[int64](f) }
func (f *fields) texts() []string   { return list[string](f) }
func (f *fields) integers() []int64 { return list[int64](f) }

// time returns a time in nanoseconds since 1970, 0 for null.
func (f *fields) time() int64 {
	t := value[time.Time](f)
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// known reports whether the next column is not null, and does not go on.
func (f *fields) known() bool { return f.at < len(f.row) && f.row[f.at] != nil }
