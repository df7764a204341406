package drift

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// FormatNumber writes x as the shortest decimal that reads back as x, with an
// exponent only below 1e-6 and from 1e21 on: 300000, 0.05, 1e-07. -0 is 0. It is
// how numbers stand in bin labels, and how a number compares with categories.
func FormatNumber(x float64) string {
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.FormatFloat(x+0, format, -1, 64)
}

// intervalName names the fine bins from up to and without to. An edge that is next
// to a number with a bin of its own is written as that number, open or closed.
func intervalName(edges []float64, from, to int) string {
	lower, upper := "[-Inf", "+Inf)"
	if from > 0 {
		lower = "[" + FormatNumber(edges[from-1])
		if isPoint(edges, from-1) {
			lower = "(" + FormatNumber(edges[from-2])
		}
	}
	if to <= len(edges) {
		upper = FormatNumber(edges[to-1]) + ")"
		if isPoint(edges, to-1) {
			upper = FormatNumber(edges[to-2]) + "]"
		}
	}
	if to == from+1 && isPoint(edges, from) {
		return FormatNumber(edges[from-1])
	}
	return lower + "," + upper
}

// runName names one discrete value or a closed range of them.
func runName(first, last float64) string {
	if first == last {
		return FormatNumber(first)
	}
	return "[" + FormatNumber(first) + "," + FormatNumber(last) + "]"
}

var ours = []string{Other, Unseen, Missing, Invalid}

// categoryName is the category itself. A category that could be taken for one of the special
// names gets one more underscore in front, so that different names stay different.
func categoryName(category string) string {
	bare := "__" + strings.TrimLeft(category, "_")
	if strings.HasPrefix(category, "__") && slices.Contains(ours, bare) {
		return "_" + category
	}
	return category
}
