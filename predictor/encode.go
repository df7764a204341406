package predictor

import (
	"math"
	"strconv"
)

// appendNumber appends the shortest decimal that reads back as x, in the form
// ECMAScript prints numbers, as encoding/json does: 30, 3.5, 1e+21. Negative
// zero is 0. X must be finite.
func appendNumber(dst []byte, x float64) []byte {
	abs := math.Abs(x)
	if abs < 1e15 && x == math.Trunc(x) {
		return strconv.AppendInt(dst, int64(x), 10) // Several times faster, and most features are whole.
	}
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, x, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, x, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // 1e-09 is written 1e-9.
		dst = dst[:n-1]
	}
	return dst
}

// appendString appends s as a JSON string. S must be valid UTF-8; only what
// RFC 8259 requires is escaped, so that the log reads well.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
