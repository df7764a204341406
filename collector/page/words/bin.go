package words

import (
	"math"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Bins says what the bins of a distribution contain, in their order. The labels come from a
// drift.Binning. numeric says that they are ranges of numbers. Different bins get different
// texts: edges are rounded to at least three digits, and to more if that is needed.
func Bins(labels []string, numeric bool) []string {
	said := make([]string, len(labels))
	for digits := 3; digits <= 17; digits++ {
		seen := map[string]bool{}
		for i, label := range labels {
			said[i] = bin(label, numeric, digits)
			seen[said[i]] = true
		}
		if len(seen) == len(labels) {
			return said
		}
	}
	return labels
}

// bin writes one label.
func bin(label string, numeric bool, digits int) string {
	switch label {
	case drift.Missing:
		return "missing"
	case drift.Invalid:
		return "wrong type"
	case drift.Unseen:
		return "not in the reference"
	case drift.Other:
		return "rare values"
	}
	if !numeric {
		return label
	}
	lower, upper, ok := ends(label)
	if !ok {
		return edge(label, digits)
	}
	open, closed := label[0] == '(', label[len(label)-1] == ']'
	switch {
	case lower == "-Inf" && upper == "+Inf":
		return "any number"
	case lower == "-Inf" && !closed:
		return "below " + edge(upper, digits)
	case lower == "-Inf":
		return "up to " + edge(upper, digits)
	case upper == "+Inf" && !open:
		return edge(lower, digits) + " and more"
	case upper == "+Inf":
		return "above " + edge(lower, digits)
	case open:
		return "above " + edge(lower, digits) + " to " + edge(upper, digits)
	}
	return edge(lower, digits) + " to " + edge(upper, digits)
}

// ends splits the label of a range of numbers, such as [620,655). It does not use a regular
// expression, because a page has thousands of labels.
func ends(label string) (lower, upper string, ok bool) {
	last := len(label) - 1
	if last < 2 || !strings.Contains("[(", label[:1]) || !strings.Contains("])", label[last:]) {
		return "", "", false
	}
	return strings.Cut(label[1:last], ",")
}

// edge writes a number with this many significant digits.
func edge(text string, digits int) string {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return Number(x, digits)
}

// Number writes a number with this many significant digits, but with all digits before the point
// if there are up to four: 41,300, 1985, 0.0451, −12.
func Number(x float64, digits int) string {
	if x == 0 {
		return "0"
	}
	magnitude := int(math.Floor(math.Log10(math.Abs(x))))
	if magnitude < -4 || magnitude > 14 {
		return strings.ReplaceAll(strconv.FormatFloat(x, 'g', digits, 64), "-", "−")
	}
	if magnitude > 3 {
		unit := math.Pow10(max(0, magnitude-digits+1))
		x = math.Round(x/unit) * unit
	}
	text := strconv.FormatFloat(x, 'f', max(0, digits-1-magnitude), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	if magnitude <= 3 {
		return strings.Replace(text, "-", "−", 1)
	}
	return grouped(text)
}
