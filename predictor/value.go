package predictor

import (
	"bytes"
	"math"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/model"
)

// value converts what a request holds for the feature. Reason is empty when the
// feature accepts it.
func (f *feature) value(v token) (value model.Value, reason, detail string) {
	switch {
	case v.kind == kindNull:
		return model.Value{Missing: true}, "", ""
	case v.kind == kindNumber:
		x, err := strconv.ParseFloat(string(v.text), 64)
		if err != nil || math.IsInf(x, 0) {
			return value, reasonNotFinite, f.name + " is too large for a 64-bit floating-point number; send a finite number, or null when the value is not known"
		}
		if f.categorical {
			return model.Value{Text: string(appendNumber(nil, x))}, "", ""
		}
		if x == 0 {
			x = 0 // JSON has a negative zero, lenders do not.
		}
		return model.Value{Number: x}, "", ""
	case f.categorical && v.kind == kindString:
		return model.Value{Text: string(v.text)}, "", ""
	case f.categorical && v.kind == kindTrue:
		return model.Value{Text: "true"}, "", ""
	case f.categorical && v.kind == kindFalse:
		return model.Value{Text: "false"}, "", ""
	case f.categorical:
		return value, reasonWrongType, f.name + " is " + v.kind.String() + "; send a string, a number, a boolean or null"
	case v.kind == kindString:
		return value, reasonWrongType, f.name + " is a string; send a number without quotes, or null when the value is not known"
	}
	return value, reasonWrongType, f.name + " is " + v.kind.String() + "; send a number, or null when the value is not known"
}

// appendRow appends the canonical JSON of one row: the features in the model's
// order without white space, numbers and categories in their shortest form.
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
		case f.categorical:
			dst = appendString(dst, v.Text)
		default:
			dst = appendNumber(dst, v.Number)
		}
	}
	return append(dst, '}')
}

// same reports whether a row of the log, which any service may have written, holds
// the values of a canonical row. A feature that it leaves out is missing there.
func (s *schema) same(canonical, logged []byte) bool {
	if bytes.Equal(canonical, logged) {
		return true
	}
	var in input
	s.decode(&in, logged, 1)
	for _, f := range in.faults.list {
		if f.Reason != reasonMissingFeature {
			return false
		}
	}
	return in.rows == 1 && !in.array && bytes.Equal(canonical, s.appendRow(nil, in.values))
}
