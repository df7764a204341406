package window

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// kind is what a feature of a row holds.
type kind uint8

const (
	missing kind = iota // null, absent, or a number out of range
	number              // number and text are set
	text                // text is set: a string, true or false
	nested              // an object or an array
)

// value is one feature of one row. Its text is valid until the next parse.
type value struct {
	kind   kind
	number float64
	text   []byte
}

// parser picks the watched features out of a JSON object. Rows of one writer
// differ in their values only, so it remembers what stood between these, keys,
// punctuation and white space: the common row costs one comparison a key.
// Whatever is unusual (an escape, a nested value, a broken object) goes to
// encoding/json. A key that is repeated has its last value.
type parser struct {
	names  []string
	index  map[string]int
	form   form
	values []value
	text   []byte // scratch for categories that are numbers
	wants  []bool // feature is categorical: a number needs its text
}

func newParser(columns []column) *parser {
	p := &parser{index: map[string]int{}, values: make([]value, len(columns))}
	for i := range columns {
		p.names = append(p.names, columns[i].name)
		p.wants = append(p.wants, !columns[i].numeric)
		p.index[columns[i].name] = i
	}
	return p
}

// parse returns the watched features of a row, by column, or false when object
// is not a JSON object. The values are valid until the next call.
func (p *parser) parse(object []byte) ([]value, bool) {
	p.text = p.text[:0]
	if !p.form.whole {
		clear(p.values)
	}
	if p.known(object) {
		return p.values, true
	}
	clear(p.values)
	p.text = p.text[:0]
	if p.fast(object) {
		return p.values, true
	}
	p.form.clear()
	return p.values, p.slow(object)
}

// known reads an object of the form of one before. It reports false on any
// other, having changed values at will.
func (p *parser) known(b []byte) bool {
	if len(p.form.columns) == 0 {
		return false
	}
	i := 0
	for n, column := range p.form.columns {
		before := p.form.before(n)
		if len(b)-i < len(before) || string(b[i:i+len(before)]) != string(before) {
			return false
		}
		i += len(before)
		x, end, ok := decimal(b, i)
		if ok && column >= 0 && !p.wants[column] {
			v := &p.values[column]
			v.kind, v.number = number, x
		} else if !ok || column >= 0 {
			if end, ok = p.scalar(b, i, column); !ok {
				return false
			}
		}
		i = end
	}
	return string(b[i:]) == string(p.form.end)
}

// fast reads a flat object of numbers, plain strings, booleans and nulls, and
// remembers its form. It reports false on anything else, having changed values
// at will.
func (p *parser) fast(b []byte) bool {
	p.form.clear()
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
		column, watched := p.index[string(key)]
		if !watched {
			column = -1
		}
		i = space(b, i+1)
		p.form.add(b[ended:i], column)
		if i, ok = p.scalar(b, i, column); !ok {
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
			p.form.close(b[ended:], len(p.values))
			return space(b, i+1) == len(b)
		default:
			return false
		}
	}
}

// scalar reads the value at b[i] into a column, nowhere when that is -1, and
// returns where it ends.
func (p *parser) scalar(b []byte, i, column int) (int, bool) {
	if i == len(b) {
		return i, false
	}
	var v value
	var end int
	ok := true
	switch b[i] {
	case '"':
		v.kind = text
		v.text, end, ok = plainString(b, i)
	case 't':
		v.kind, v.text = text, b[i:min(i+4, len(b))]
		end, ok = i+4, string(v.text) == "true"
	case 'f':
		v.kind, v.text = text, b[i:min(i+5, len(b))]
		end, ok = i+5, string(v.text) == "false"
	case 'n':
		end, ok = i+4, bytes.HasPrefix(b[i:], []byte("null"))
	default:
		if end = numberEnd(b, i); end == i {
			return i, false
		}
		if column >= 0 {
			v = p.number(b[i:end], column)
		}
	}
	if ok && column >= 0 {
		p.values[column] = v
	}
	return end, ok
}

// number converts a JSON number. One that overflows a float64 is missing.
func (p *parser) number(b []byte, column int) value {
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return value{kind: missing}
	}
	if x == 0 {
		x = 0 // -0 is 0
	}
	v := value{kind: number, number: x}
	if p.wants[column] {
		at := len(p.text)
		p.text = strconv.AppendFloat(p.text, x, 'f', -1, 64)
		v.text = p.text[at:]
	}
	return v
}

// slow reads any object by encoding/json. Like the log, it ends the text at a
// NUL byte.
func (p *parser) slow(object []byte) bool {
	clear(p.values)
	object, _, _ = bytes.Cut(object, []byte{0})
	if predictionlog.InvalidFeatures(object) {
		return false
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		return false
	}
	for name, raw := range all {
		column, ok := p.index[name]
		if !ok {
			continue
		}
		raw = bytes.TrimSpace(raw)
		switch raw[0] {
		case '{', '[':
			p.values[column] = value{kind: nested}
		case '"':
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return false
			}
			p.values[column] = value{kind: text, text: []byte(s)}
		default:
			if _, ok := p.scalar(raw, 0, column); !ok {
				return false
			}
		}
	}
	return true
}

// space returns the index of the first byte from i on that is not white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// plainString returns the content of the string at b[i] and the index behind
// it, when it is ASCII without escapes.
func plainString(b []byte, i int) (s []byte, next int, ok bool) {
	if i >= len(b) || b[i] != '"' {
		return nil, i, false
	}
	for j := i + 1; j < len(b); j++ {
		switch c := b[j]; {
		case c == '"':
			return b[i+1 : j], j + 1, true
		case c == '\\' || c < ' ' || c >= 0x80:
			return nil, i, false
		}
	}
	return nil, i, false
}

// numberEnd returns the index behind the JSON number at b[i], i when there is none.
func numberEnd(b []byte, i int) int {
	j := i
	if j < len(b) && b[j] == '-' {
		j++
	}
	switch {
	case j == len(b):
		return i
	case b[j] == '0':
		j++
	default:
		if next := digits(b, j); next > j {
			j = next
		} else {
			return i
		}
	}
	if j < len(b) && b[j] == '.' {
		next := digits(b, j+1)
		if next == j+1 {
			return i
		}
		j = next
	}
	if j < len(b) && (b[j] == 'e' || b[j] == 'E') {
		k := j + 1
		if k < len(b) && (b[k] == '+' || b[k] == '-') {
			k++
		}
		next := digits(b, k)
		if next == k {
			return i
		}
		j = next
	}
	return j
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}
