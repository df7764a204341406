package predictor

import (
	"bytes"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// value converts the request's value of the feature. Reason is empty if the feature accepts
// it. Numbers are strict, except in rows of the log, because a model predicts nonsense from
// anything else. Categories and booleans may have every spelling that package value lists.
func (f *feature) value(v token, logged bool) (value model.Value, reason, detail string) {
	switch {
	case v.typ == jsonNull:
		return model.Value{Missing: true}, "", ""
	case f.numeric:
		return f.number(v, logged)
	case v.typ == jsonTrue || v.typ == jsonFalse:
		return f.category(v.typ.String()), "", ""
	case v.typ == jsonNumber || v.typ == jsonString:
		return f.category(string(v.text)), "", ""
	}
	return value, reasonWrongType, f.name + " is " + v.typ.String() + "; send a string, a number, a boolean or null"
}

// number reads the request's value of a numeric feature.
func (f *feature) number(v token, logged bool) (number model.Value, reason, detail string) {
	switch v.typ {
	case jsonNumber:
	case jsonString:
		read := f.column.Read(string(v.text))
		if logged && read.Kind != value.Invalid || f.column.Missing.HasCategory(value.Category(string(v.text))) {
			return model.Value{Number: read.Number, Missing: read.Kind == value.Missing}, "", ""
		}
		return number, reasonWrongType, f.name + " is a string; send a number without quotes, or null when the value is not known"
	default:
		return number, reasonWrongType, f.name + " is " + v.typ.String() + "; send a number, or null when the value is not known"
	}
	x, _, ok := value.Literal(v.text, 0) // -0 is 0
	switch {
	case !ok || math.IsInf(x, 0):
		return number, reasonNotFinite, f.name + " is too large for a 64-bit floating-point number; send a finite number, or null when the value is not known"
	case f.column.Missing.HasNumber(x):
		return model.Value{Missing: true}, "", ""
	}
	return model.Value{Number: x}, "", ""
}

// category reads a text of a categorical or boolean feature.
func (f *feature) category(text string) model.Value {
	read := f.column.Read(text)
	return model.Value{Text: read.Text, Missing: read.Kind != value.Known}
}

// appendRow appends the canonical JSON of one row: the features in the model's
// order without white space, numbers in their shortest form, categories in the
// canonical form of package value, and null for what is missing.
func (s *schema) appendRow(dst []byte, values []model.Value) []byte {
	dst = append(dst, '{')
	for i := range s.features {
		if i > 0 {
			dst = append(dst, ',')
		}
		f, v := &s.features[i], &values[i]
		dst = append(dst, f.key...)
		switch {
		case v.Missing:
			dst = append(dst, "null"...)
		case f.numeric:
			dst = appendNumber(dst, v.Number)
		case f.column.Type == value.Boolean && (v.Text == "true" || v.Text == "false"):
			dst = append(dst, v.Text...)
		default:
			dst = appendString(dst, v.Text)
		}
	}
	return append(dst, '}')
}

// same reports whether a row of the log, which any service may have written, has the values
// of a canonical row. In the log a feature may be absent, which means missing, and a number
// may be a text.
func (s *schema) same(canonical, logged []byte) bool {
	if bytes.Equal(canonical, logged) {
		return true
	}
	in := input{logged: true}
	s.decode(&in, logged, 1)
	return !in.faults.any() && in.rows == 1 && !in.array && bytes.Equal(canonical, s.appendRow(nil, in.values))
}
