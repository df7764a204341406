// Package draw turns numbers into the outlines of SVG paths. It knows no colours and no text. The
// page decides what a picture looks like.
package draw

import (
	"strconv"
)

// path is the d attribute of an SVG path, with one digit after the decimal point.
type path []byte

// at appends a command with its numbers.
func (p *path) at(command byte, numbers ...float64) {
	*p = append(*p, command)
	for i, x := range numbers {
		if i > 0 {
			*p = append(*p, ' ')
		}
		*p = appendTenths(*p, x)
	}
}

// appendTenths writes a number with one digit after the point. It is five times as fast as
// strconv.AppendFloat, and a page has tens of thousands of them.
func appendTenths(b []byte, x float64) []byte {
	n := tenths(x)
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/10, 10)
	if n%10 != 0 {
		b = append(b, '.', byte('0'+n%10))
	}
	return b
}

// rectangle appends a rectangle, starting at its upper left corner.
func (p *path) rectangle(x, y, width, height float64) {
	p.at('M', x, y)
	p.at('h', width)
	p.at('v', height)
	p.at('h', -width)
	*p = append(*p, 'z')
}

func round(x float64) float64 { return float64(tenths(x)) / 10 }

func tenths(x float64) int64 {
	if x < 0 {
		return int64(x*10 - 0.5)
	}
	return int64(x*10 + 0.5)
}
