package value

import (
	"encoding/json"
	"math"
)

// Column is how the values of one column are read.
type Column struct {
	// Type is Numeric, Categorical or Boolean.
	Type string
	// Missing lists further texts that stand for a missing value; it may be nil.
	Missing *MissingTexts
}

// Value is a reading. Number is set in numeric columns, Text, in canonical form, in
// others; both only when Kind is Known.
type Value struct {
	Kind   Kind
	Number float64
	Text   string
}

// Read reads a text: a cell of a CSV, a string in JSON, a column of SQL. It takes
// as long as [Number] or [Category].
func (c Column) Read(text string) Value {
	switch c.Type {
	case Numeric:
		if c.Missing != nil && c.Missing.HasCategory(Category(text)) {
			return Value{}
		}
		x, kind := Number(text)
		if kind == Known {
			return c.number(x)
		}
		return Value{Kind: kind}
	case Boolean:
		// The list has the last word on how the value was spelled.
		if c.Missing != nil && c.Missing.HasCategory(Category(text)) {
			return Value{}
		}
		return c.category(Truth(text))
	}
	return c.category(Category(text))
}

func (c Column) number(x float64) Value {
	if c.KindOf(x) == Missing {
		return Value{}
	}
	return Value{Kind: Known, Number: x}
}

// KindOf says what a number is in a numeric column: Missing when it is infinite, NaN or
// listed, else Known.
func (c *Column) KindOf(x float64) Kind {
	if math.IsNaN(x-x) || c.Missing.HasNumber(x) {
		return Missing
	}
	return Known
}

// ReadNumber is [Column.Read] of text[from:to] in a numeric column, without allocation
// for a plain number. What follows in text must not go on with the number.
func (c *Column) ReadNumber(text []byte, from, to int) (float64, Kind) {
	if from == to {
		return 0, Missing
	}
	if x, end, ok := Literal(text, from); ok && end == to {
		if c.KindOf(x) == Missing {
			return 0, Missing
		}
		return x, Known
	}
	v := c.Read(string(text[from:to]))
	return v.Number, v.Kind
}

// ReadBytes is [Column.Read] for a column that is not numeric, without allocation. The
// returned text is text itself if that is canonical; otherwise it is appended to scratch,
// which is returned too.
func (c *Column) ReadBytes(text, scratch []byte) (kind Kind, canonical, grown []byte) {
	at := len(scratch)
	if c.Type == Boolean && string(text) != "true" && string(text) != "false" {
		scratch = append(scratch, c.Read(string(text)).Text...)
		canonical = scratch[at:]
	} else if canonical = CategoryBytes(text, scratch); len(canonical) > 0 && &canonical[0] != &text[0] {
		scratch = append(scratch, canonical...)
		canonical = scratch[at:]
	}
	if len(canonical) == 0 || c.Missing != nil && c.Missing.HasCategory(string(canonical)) {
		return Missing, nil, scratch
	}
	return Known, canonical, scratch
}

func (c Column) category(canonical string) Value {
	if canonical == "" || c.Missing.HasCategory(canonical) {
		return Value{}
	}
	return Value{Kind: Known, Text: canonical}
}

// JSON returns a text as a string in JSON, as ReadJSON reads it. Bytes that are not UTF-8
// are replaced.
func JSON(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always has a JSON form
	}
	return string(b)
}

// ReadJSON reads one value in JSON without white space around it. NaN and the infinities,
// which are not JSON, are Missing. An object, an array, and text that is not JSON, are Invalid.
func (c Column) ReadJSON(raw []byte) Value {
	if len(raw) == 0 {
		return Value{Kind: Invalid}
	}
	switch raw[0] {
	case 'n':
		if string(raw) == "null" {
			return Value{}
		}
	case 't', 'f':
		if text := string(raw); text == "true" || text == "false" {
			return c.Read(text)
		}
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return c.Read(text)
		}
	default:
		if end, ok := NotFinite(raw, 0); ok && end == len(raw) {
			return Value{}
		}
		x, end, ok := Literal(raw, 0)
		switch {
		case !ok || end != len(raw):
		case c.Type == Numeric:
			return c.number(x)
		default:
			return c.Read(string(raw))
		}
	}
	return Value{Kind: Invalid}
}
