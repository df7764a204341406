// Package words writes numbers, times and bins in the way people write them: rounded to what
// matters, with their unit. The results are for reading. Nothing is computed from them.
package words

import (
	"math"
	"strconv"
	"strings"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// Count writes a number of things: 12,345.
func Count(n int64) string {
	return grouped(strconv.FormatInt(n, 10))
}

// Percent writes a share from 0 to 1: 71 %, 4.2 %, under 0.1 %. Only 0 is 0 %, and only 1
// is 100 %.
func Percent(share float64) string {
	percent := 100 * share
	text := ""
	switch {
	case share == 0 || share == 1:
		text = strconv.FormatFloat(percent, 'f', 0, 64)
	case percent < 0.1:
		text = "under" + nbsp + "0.1"
	case percent > 99.9:
		text = "over" + nbsp + "99.9"
	case percent < 9.95 || percent >= 99.5:
		text = strings.TrimSuffix(strconv.FormatFloat(percent, 'f', 1, 64), ".0")
	default:
		text = strconv.FormatFloat(percent, 'f', 0, 64)
	}
	return text + nbsp + "%"
}

// Points writes a change of a share in percentage points, with its sign: +12 points,
// −0.4 points.
func Points(change float64) string {
	points := 100 * change
	digits := 0
	if math.Abs(points) < 9.95 {
		digits = 1
	}
	text := strings.TrimSuffix(strconv.FormatFloat(math.Abs(points), 'f', digits, 64), ".0")
	switch {
	case text == "0" && points != 0:
		text = "under" + nbsp + "0.1"
	case text == "0":
		return "0" + nbsp + "points"
	case text == "1":
		return sign(points) + text + nbsp + "point"
	default:
		text = sign(points) + text
	}
	return text + nbsp + "points"
}

func sign(x float64) string {
	if x < 0 {
		return "−"
	}
	return "+"
}

// Small writes a number that is at least 0 with two digits: 0.11, 1.2, 15. Only 0 is written as
// 0.
func Small(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.001:
		return "under" + nbsp + "0.001"
	case x >= 10:
		return grouped(strconv.FormatFloat(x, 'f', 0, 64))
	}
	digits := 1 - int(math.Floor(math.Log10(x)))
	text := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Nats writes a divergence.
func Nats(x float64) string { return Small(x) + nbsp + "nats" }

// Signed writes a number that may be below 0 with two digits: −1.2.
func Signed(x float64) string {
	if x < 0 {
		return "−" + Small(-x)
	}
	return Small(x)
}

// Exact writes a number so that reading it gives the same number.
func Exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// grouped puts a comma between groups of three digits before the point.
func grouped(number string) string {
	whole, fraction, _ := strings.Cut(number, ".")
	negative := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	text := b.String()
	if fraction != "" {
		text += "." + fraction
	}
	if negative {
		return "−" + text
	}
	return text
}
