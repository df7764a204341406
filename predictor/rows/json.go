package rows

import (
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// appendNumber appends a number with its kind as JSON.
func appendNumber(to []byte, kind value.Kind, x float64) []byte {
	if kind != value.Known {
		return append(to, "null"...)
	}
	return strconv.AppendFloat(to, x, 'g', -1, 64)
}

// appendText appends a text with its kind as JSON.
func appendText(to []byte, kind value.Kind, text []byte) []byte {
	if kind != value.Known {
		return append(to, "null"...)
	}
	return appendString(to, text)
}

// appendString appends a text as JSON.
func appendString(to, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(to, value.JSON(string(text))...)
		}
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}
