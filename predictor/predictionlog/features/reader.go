// Package features reads the features of a prediction from the log: the watched keys of a
// JSON object.
package features

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Values are the features of one row, by column, as [value.Column] reads them. Numbers are
// those of numeric columns, Texts, in canonical form, those of others; both only where
// Kinds is [value.Known]. They are valid until the next Read. A number takes nine bytes:
// those of a thousand columns stay in the processor's first cache.
type Values struct {
	Kinds   []value.Kind
	Numbers []float64
	Texts   [][]byte
}

// Reader reads the watched features of JSON objects. Rows of one writer differ in their
// values only, so it remembers the text between the values (keys, punctuation and white
// space): a usual row costs one comparison for each key. Unusual rows (an escape, a nested
// value, a broken object) are read by encoding/json. Keys compare in canonical form, see
// [value.Name]. A repeated key has its last value, and a key that is spelled as the feature
// goes before one that is not.
type Reader struct {
	names   []string
	columns []value.Column
	index   map[string]int
	plain   []bool // numeric columns whose list of missing values has no number
	form    form
	values  Values
	text    []byte // scratch for canonical texts
}

// New returns a Reader of the features with these names. Each is read by the rules of the
// column with the same index. Names must be distinct.
func New(names []string, columns []value.Column) *Reader {
	n := len(names)
	r := &Reader{
		names: names, columns: columns, index: make(map[string]int, n), plain: make([]bool, n),
		values: Values{Kinds: make([]value.Kind, n), Numbers: make([]float64, n), Texts: make([][]byte, n)},
	}
	for i, name := range names {
		r.index[name] = i
		r.plain[i] = columns[i].Type == value.Numeric && len(columns[i].Missing.Numbers()) == 0
	}
	return r
}

// Read returns the features of a row, in the order of their names, or false when object
// is not a JSON object. The values are valid until the next call. Common rows allocate
// nothing: 0.5 us for twelve numbers.
func (r *Reader) Read(object []byte) (*Values, bool) {
	r.text = r.text[:0]
	if !r.form.whole {
		clear(r.values.Kinds)
	}
	if r.known(object) {
		return &r.values, true
	}
	clear(r.values.Kinds)
	r.text = r.text[:0]
	if r.fast(object) {
		return &r.values, true
	}
	r.form.clear()
	return &r.values, r.slow(object)
}

// known reads an object that has the remembered form. It reports false for any other, and
// may have changed values.
func (r *Reader) known(b []byte) bool {
	if len(r.form.places) == 0 {
		return false
	}
	text, i := r.form.text, 0
	for _, place := range r.form.places {
		before := text[:place.before]
		if text = text[place.before:]; len(b)-i < len(before) || string(b[i:i+len(before)]) != string(before) {
			return false
		}
		i += len(before)
		column := place.column
		if column >= 0 && r.plain[column] {
			if x, end, ok := value.Literal(b, i); ok {
				r.values.Kinds[column], r.values.Numbers[column] = value.Known, x
				if math.IsInf(x, 0) {
					r.values.Kinds[column] = value.Missing
				}
				i = end
				continue
			}
		}
		var ok bool
		if i, ok = r.scalar(b, i, column); !ok {
			return false
		}
	}
	return string(b[i:]) == string(r.form.end)
}

// fast reads a flat object of numbers, plain strings, booleans and nulls, and remembers its
// form. It reports false for anything else, and may have changed values.
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
			if column = -1; value.Name(string(key)) != string(key) {
				return false
			}
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
			r.form.close(b[ended:], len(r.names))
			return space(b, i+1) == len(b)
		default:
			return false
		}
	}
}

// scalar reads the value at b[i] into a column, or skips it if the column is -1, and
// returns the index after it.
func (r *Reader) scalar(b []byte, i, column int) (int, bool) {
	if i == len(b) {
		return i, false
	}
	var end int
	var ok bool
	switch b[i] {
	case '"':
		var text []byte
		if text, end, ok = plainString(b, i); ok {
			r.set(column, text)
		}
	case 't':
		if end, ok = i+len("true"), bytes.HasPrefix(b[i:], []byte("true")); ok {
			r.set(column, b[i:end])
		}
	case 'f':
		if end, ok = i+len("false"), bytes.HasPrefix(b[i:], []byte("false")); ok {
			r.set(column, b[i:end])
		}
	case 'n':
		if end, ok = i+len("null"), bytes.HasPrefix(b[i:], []byte("null")); ok {
			r.set(column, nil)
		}
	default:
		var x float64
		if x, end, ok = value.Literal(b, i); !ok {
			if end, ok = value.NotFinite(b, i); ok {
				r.set(column, nil)
			}
			break
		}
		if column < 0 {
			break
		}
		if r.columns[column].Type == value.Numeric {
			r.number(column, x)
		} else {
			r.set(column, b[i:end])
		}
	}
	return end, ok
}

// number gives a numeric column a number.
func (r *Reader) number(column int, x float64) {
	r.values.Kinds[column], r.values.Numbers[column] = r.columns[column].KindOf(x), x
}

// set gives a column, if there is one, a text; no text is a missing value.
func (r *Reader) set(column int, text []byte) {
	if column < 0 {
		return
	}
	v := &r.values
	if c := &r.columns[column]; c.Type == value.Numeric {
		read := c.Read(string(text))
		v.Kinds[column], v.Numbers[column] = read.Kind, read.Number
	} else {
		v.Kinds[column], v.Texts[column], r.text = c.ReadBytes(text, r.text)
	}
}

// slow reads any object by encoding/json. Like the log, it ends the text at a
// NUL byte.
func (r *Reader) slow(object []byte) bool {
	clear(r.values.Kinds)
	object, _, _ = bytes.Cut(object, []byte{0})
	if predictionlog.InvalidFeatures(object) {
		return false
	}
	if !json.Valid(object) {
		object = value.FiniteJSON(object)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		raw, canonical := all[name], value.Name(name)
		column, ok := r.index[canonical]
		if _, exact := all[canonical]; !ok || exact && canonical != name {
			continue
		}
		raw = bytes.TrimSpace(raw)
		switch raw[0] {
		case '{', '[':
			r.values.Kinds[column] = value.Invalid
		case '"':
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return false
			}
			r.set(column, []byte(s))
		default:
			if _, ok := r.scalar(raw, 0, column); !ok {
				return false
			}
		}
	}
	return true
}
