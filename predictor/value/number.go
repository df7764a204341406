package value

import (
	"math"
	"strconv"
	"strings"
)

// Number reads a text in a numeric column, white space around it aside:
//
//   - a decimal number: "30", "+5", "00501", ".5", "5.", "1e-3"; thousands may be
//     separated by commas, in groups of three: "1,234.5", "-12,345,678". -0 is 0.
//   - true and false, in any letter case, are 1 and 0.
//   - Missing: nothing at all, NA, N/A, n/a, NULL, null, None, <NA>, #N/A, and NaN
//     and infinities in any spelling; what is beyond the largest float64 is infinite.
//   - Invalid: every other text, a decimal comma ("12,5", "0,123") or a hexadecimal
//     number included.
//
// 50 ns for a plain number (BenchmarkNumber).
func Number(text string) (float64, Kind) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return 0, Missing
	case isDecimal(text):
		return float(text)
	case isMissingNumber(text):
		return 0, Missing
	case isWord(text, "true"):
		return 1, Known
	case isWord(text, "false"):
		return 0, Known
	case HasThousands(text):
		return float(strings.ReplaceAll(text, ",", ""))
	}
	return 0, Invalid
}

// float is the nearest float64 of a decimal number.
func float(text string) (float64, Kind) {
	x, _ := strconv.ParseFloat(text, 64) // its only error is an overflow, to infinity
	if math.IsInf(x, 0) {
		return 0, Missing
	}
	return x + 0, Known // -0 is 0
}

// isMissingNumber reports whether a text, which is trimmed, stands for no number.
func isMissingNumber(text string) bool {
	switch text {
	case "NA", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A":
		return true
	}
	if text[0] == '+' || text[0] == '-' {
		text = text[1:]
	}
	return isWord(text, "nan") || isWord(text, "inf") || isWord(text, "infinity")
}

// isDecimal reports whether a text is a plain decimal number, with or without a sign
// and an exponent.
func isDecimal(text string) bool {
	i := afterSign(text)
	whole := countDigits(text, i)
	i += whole
	fraction := 0
	if i < len(text) && text[i] == '.' {
		fraction = countDigits(text, i+1)
		i += 1 + fraction
	}
	if whole+fraction == 0 {
		return false
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		i += afterSign(text[i:])
		digits := countDigits(text, i)
		if digits == 0 {
			return false
		}
		i += digits
	}
	return i == len(text)
}

func afterSign(text string) int {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		return 1
	}
	return 0
}

// HasThousands reports whether a text without white space around it is a number with
// thousands separators: groups of three digits behind a first of one to three that
// does not begin with 0. "1,234" is one; "0,123" has a decimal comma.
func HasThousands(text string) bool {
	i := afterSign(text)
	first := countDigits(text, i)
	if first == 0 || first > 3 || text[i] == '0' {
		return false
	}
	i += first
	groups := 0
	for i < len(text) && text[i] == ',' {
		if countDigits(text, i+1) != 3 {
			return false
		}
		i += 4
		groups++
	}
	if i < len(text) && text[i] == '.' {
		i += 1 + countDigits(text, i+1)
	}
	return groups > 0 && i == len(text)
}

// HasDecimalComma reports whether a text without white space around it is a number
// with a comma where this package expects a point, and could be nothing else: "12,5",
// "0,123", "1.234,56". "1,234" is not among them: it has a thousands separator.
func HasDecimalComma(text string) bool {
	whole, fraction, found := strings.Cut(text, ",")
	if !found || fraction == "" || countDigits(fraction, 0) != len(fraction) || HasThousands(text) {
		return false
	}
	i := afterSign(whole)
	if countDigits(whole, i) == len(whole)-i {
		return len(whole) > i // "12,5"
	}
	return HasThousands(strings.ReplaceAll(whole, ".", ",")) // "1.234,56"
}
