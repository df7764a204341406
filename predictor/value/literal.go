package value

import (
	"encoding/binary"
	"math/bits"
	"strconv"
)

// powers of ten that a float64 holds exactly.
var powers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Literal reads the number at b[i], which is in the grammar of JSON, and returns the
// nearest float64 and where the number ends. It reports false when there is none.
// Beyond the largest float64 it is infinite; -0 is 0. With at most 15 digits and no
// exponent, digits and power of ten are exact, and so their quotient is the nearest
// float64 [1]: 10 to 14 ns (BenchmarkLiteral). Any other number goes to strconv, 110 ns.
//
// [1] Clinger, W. D. (1990). "How to Read Floating Point Numbers Accurately". ACM
// SIGPLAN Notices 25 (6): 92-101.
func Literal(b []byte, i int) (x float64, end int, ok bool) {
	from := i
	negative := i < len(b) && b[i] == '-'
	if negative {
		i++
	}
	value, whole := digitsAt(b, i, 0)
	if whole == 0 {
		return 0, from, false
	}
	if whole > 1 && b[i] == '0' {
		return longLiteral(b, from)
	}
	i += whole
	fraction := 0
	if i < len(b) && b[i] == '.' {
		if value, fraction = digitsAt(b, i+1, value); fraction == 0 {
			return 0, from, false
		}
		i += 1 + fraction
	}
	if whole+fraction > 15 || i < len(b) && b[i]|0x20 == 'e' {
		return longLiteral(b, from)
	}
	x = float64(value)
	if fraction > 0 {
		x /= powers[fraction]
	}
	if negative {
		x = 0 - x // -0 is 0
	}
	return x, i, true
}

// longLiteral is Literal of any number.
func longLiteral(b []byte, i int) (x float64, end int, ok bool) {
	n := literal(b, i)
	if n.end == i {
		return 0, i, false
	}
	x, _ = strconv.ParseFloat(string(b[i:n.end]), 64) // its only error is an overflow, to infinity
	return x + 0, n.end, true                         // -0 is 0
}

// digitsAt appends the decimal digits at b[i] to those of value, and returns how many
// there are. Eight at a time, where there are eight bytes [2]: how many digits a
// number has cannot be foretold, and every loop that ends otherwise than the last time
// costs as much as all of this.
//
// [2] Lemire, D. (2021). "Number Parsing at a Gigabyte per Second". Software: Practice
// and Experience 51 (8): 1700-1727, section 6.
func digitsAt(b []byte, i int, value uint64) (uint64, int) {
	from := i
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:]) ^ 0x3030303030303030
		// The high bit of every byte above 9; bytes behind the first of them do not matter.
		others := (x | (x + 0x7676767676767676)) & 0x8080808080808080
		n := bits.TrailingZeros64(others) / 8
		x <<= 64 - 8*uint(n) // zeros in front
		x = x * 2561 >> 8 & 0x00ff00ff00ff00ff
		x = x * 6553601 >> 16 & 0x0000ffff0000ffff
		value = value*tens[n] + x*42949672960001>>32
		if i += n; n < 8 {
			return value, i - from
		}
	}
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		value = value*10 + uint64(b[i]-'0')
	}
	return value, i - from
}

var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}
