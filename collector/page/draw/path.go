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
		*p = strconv.AppendFloat(*p, round(x), 'f', -1, 64)
	}
}

// rectangle appends a rectangle, starting at its upper left corner.
func (p *path) rectangle(x, y, width, height float64) {
	p.at('M', x, y)
	p.at('h', width)
	p.at('v', height)
	p.at('h', -width)
	*p = append(*p, 'z')
}

func round(x float64) float64 {
	shifted := x * 10
	if shifted < 0 {
		return float64(int64(shifted-0.5)) / 10
	}
	return float64(int64(shifted+0.5)) / 10
}
