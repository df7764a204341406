package reference

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// quantiles returns the minimum, the median and the maximum, NaN if unknown. The median is the
// lower edge of its bin. For quantile bins, this is a value of the sample.
func (f *Feature) quantiles() (lo, median, hi float64) {
	half := (f.Rows() - f.Missing - f.Invalid) / 2
	for b, c := range f.Count {
		if half >= c {
			half -= c
			continue
		}
		if b == 0 {
			return f.Min, f.Min, f.Max
		}
		return f.Min, f.Edges[b-1], f.Max
	}
	return f.Min, math.NaN(), f.Max
}

// shape draws the density between the first and the last edge in 16 columns, with eighths of a
// line. It is empty if there are too few bins for a picture.
func (f *Feature) shape() string {
	const columns = 16
	if len(f.Edges) < 8 {
		return ""
	}
	lo, hi := f.Edges[0], f.Edges[len(f.Edges)-1]
	var mass [columns]float64
	for b := 1; b < len(f.Edges); b++ {
		from, to := (f.Edges[b-1]-lo)/(hi-lo)*columns, (f.Edges[b]-lo)/(hi-lo)*columns
		for c := int(from); c < columns && float64(c) < to; c++ {
			overlap := min(to, float64(c+1)) - max(from, float64(c))
			mass[c] += float64(f.Count[b]) * overlap / (to - from)
		}
	}
	top := 0.0
	for _, m := range mass {
		top = max(top, m)
	}
	if !(top > 0) {
		return ""
	}
	var line strings.Builder
	for _, m := range mass {
		line.WriteRune([]rune(" ▁▂▃▄▅▆▇█")[int(math.Ceil(m/top*8))])
	}
	return line.String()
}

// short writes a number with at most this many digits, in 8 columns if possible.
func short(x float64, digits int) string {
	if math.IsNaN(x) {
		return "-"
	}
	for ; digits > 1; digits-- {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
		if text := strconv.FormatFloat(rounded, 'f', -1, 64); len(text) <= 8 {
			return text
		}
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	percent := 100 * float64(part) / float64(whole)
	switch {
	case part == 0 || part == whole:
		return strconv.FormatFloat(percent, 'f', 0, 64) + " %"
	case percent < 0.1:
		return "<0.1 %"
	default:
		return strconv.FormatFloat(min(percent, 99.9), 'f', 1, 64) + " %"
	}
}

// grouped writes 100000 as 100,000.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// clip cuts a text to this many columns.
func clip(text string, columns int) string {
	runes := []rune(text)
	if len(runes) <= columns {
		return text
	}
	return string(runes[:max(columns-1, 0)]) + "…"
}

// printable quotes a text that would disturb a terminal or that would be invisible.
func printable(text string) string {
	if strings.TrimSpace(text) != text || text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
