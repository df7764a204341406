// Package features reads the features of a prediction as the log holds them: a JSON
// object, of which some keys are wanted.
package features

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Kind is what a feature of a row holds.
type Kind uint8

const (
	// Missing is null, absent, or a number that overflows a float64.
	Missing Kind = iota
	// Number is a JSON number: Number is set, and Text where the feature is not numeric.
	Number
	// Text is a string, true or false: Text is set.
	Text
	// Nested is an object or an array.
	Nested
)

// Value is one feature of one row. Its Text is valid until the next Read.
type Value struct {
	Kind   Kind
	Number float64
	Text   []byte
}

// Reader picks the watched features out of a JSON object. Rows of one writer
// differ in their values only, so it remembers what stood between these, keys,
// punctuation and white space: the common row costs one comparison a key.
// Whatever is unusual (an escape, a nested value, a broken object) goes to
// encoding/json. A key that is repeated has its last value.
type Reader struct {
	names  []string
	index  map[string]int
	form   form
	values []Value
	text   []byte // scratch for categories that are numbers
	wants  []bool // the feature is not numeric: a number needs its text
}

// New returns a Reader of features with these names; numeric says of each whether it is
// a number. No name may be there twice.
func New(names []string, numeric []bool) *Reader {
	r := &Reader{names: names, index: make(map[string]int, len(names)), values: make([]Value, len(names)), wants: make([]bool, len(names))}
	for i, name := range names {
		r.wants[i], r.index[name] = !numeric[i], i
	}
	return r
}

// Read returns the features of a row, in the order of their names, or false when object
// is not a JSON object. The values are valid until the next call. Common rows allocate
// nothing: 0.5 us for twelve numbers.
func (r *Reader) Read(object []byte) ([]Value, bool) {
	r.text = r.text[:0]
	if !r.form.whole {
		clear(r.values)
	}
	if r.known(object) {
		return r.values, true
	}
	clear(r.values)
	r.text = r.text[:0]
	if r.fast(object) {
		return r.values, true
	}
	r.form.clear()
	return r.values, r.slow(object)
}

// known reads an object of the form of one before. It reports false on any
// other, having changed values at will.
func (r *Reader) known(b []byte) bool {
	if len(r.form.columns) == 0 {
		return false
	}
	i := 0
	for n, column := range r.form.columns {
		before := r.form.before(n)
		if len(b)-i < len(before) || string(b[i:i+len(before)]) != string(before) {
			return false
		}
		i += len(before)
		x, end, ok := decimal(b, i)
		if ok && column >= 0 && !r.wants[column] {
			v := &r.values[column]
			v.Kind, v.Number = Number, x
		} else if !ok || column >= 0 {
			if end, ok = r.scalar(b, i, column); !ok {
				return false
			}
		}
		i = end
	}
	return string(b[i:]) == string(r.form.end)
}

// fast reads a flat object of numbers, plain strings, booleans and nulls, and
// remembers its form. It reports false on anything else, having changed values
// at will.
func (r *Reader) fast(b []byte) bool {
	r.form.clear()
	ended := 0 // the value before
	i := space(b, 0)
	if i == len(b) || b[i] != '{' {
		return false
	}
	if i = space(b, i+1); i < len(b) && b[i] == '}' {
		return space(b, i+1) == len(b)
	}
	for {
		key, next, ok := plainString(b, i)
		if !ok {
			return false
		}
		if i = space(b, next); i == len(b) || b[i] != ':' {
			return false
		}
		column, watched := r.index[string(key)]
		if !watched {
			column = -1
		}
		i = space(b, i+1)
		r.form.add(b[ended:i], column)
		if i, ok = r.scalar(b, i, column); !ok {
			return false
		}
		ended = i
		if i = space(b, i); i == len(b) {
			return false
		}
		switch b[i] {
		case ',':
			i = space(b, i+1)
		case '}':
			r.form.close(b[ended:], len(r.values))
			return space(b, i+1) == len(b)
		default:
			return false
		}
	}
}

// scalar reads the value at b[i] into a column, nowhere when that is -1, and
// returns where it ends.
func (r *Reader) scalar(b []byte, i, column int) (int, bool) {
	if i == len(b) {
		return i, false
	}
	var v Value
	var end int
	ok := true
	switch b[i] {
	case '"':
		v.Kind = Text
		v.Text, end, ok = plainString(b, i)
	case 't':
		v.Kind, v.Text = Text, b[i:min(i+4, len(b))]
		end, ok = i+4, string(v.Text) == "true"
	case 'f':
		v.Kind, v.Text = Text, b[i:min(i+5, len(b))]
		end, ok = i+5, string(v.Text) == "false"
	case 'n':
		end, ok = i+4, bytes.HasPrefix(b[i:], []byte("null"))
	default:
		if end = numberEnd(b, i); end == i {
			return i, false
		}
		if column >= 0 {
			v = r.number(b[i:end], column)
		}
	}
	if ok && column >= 0 {
		r.values[column] = v
	}
	return end, ok
}

// number converts a JSON number. One that overflows a float64 is missing.
func (r *Reader) number(b []byte, column int) Value {
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return Value{Kind: Missing}
	}
	if x == 0 {
		x = 0 // -0 is 0
	}
	v := Value{Kind: Number, Number: x}
	if r.wants[column] {
		at := len(r.text)
		r.text = strconv.AppendFloat(r.text, x, 'f', -1, 64)
		v.Text = r.text[at:]
	}
	return v
}

// slow reads any object by encoding/json. Like the log, it ends the text at a
// NUL byte.
func (r *Reader) slow(object []byte) bool {
	clear(r.values)
	object, _, _ = bytes.Cut(object, []byte{0})
	if predictionlog.InvalidFeatures(object) {
		return false
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		return false
	}
	for name, raw := range all {
		column, ok := r.index[name]
		if !ok {
			continue
		}
		raw = bytes.TrimSpace(raw)
		switch raw[0] {
		case '{', '[':
			r.values[column] = Value{Kind: Nested}
		case '"':
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return false
			}
			r.values[column] = Value{Kind: Text, Text: []byte(s)}
		default:
			if _, ok := r.scalar(raw, 0, column); !ok {
				return false
			}
		}
	}
	return true
}
