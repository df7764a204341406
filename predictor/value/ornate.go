package value

import (
	"strings"
	"unicode"
)

// unadorned returns the plain form of a number that is written with more than digits, a sign
// and a point, and false for any other text. No column reads such a number, because what
// the signs mean depends on the country and on the column; a warning shows the plain form.
//
//   - currencies, per cent and per mille: "$5", "5.20 €", "50 %"
//   - thousands separated by spaces, apostrophes and underscores: "1 234,5", "1'234.5"
//   - lakhs and crores: "12,34,567"
//   - digits and signs of other scripts: "１２．５", "٣٫٥", "−5"
//   - negative numbers of accountants: "(5.20)"
func unadorned(text string) (plain string, ok bool) {
	text = strings.TrimSpace(strings.Map(western, text))
	if inner, found := strings.CutPrefix(text, "("); found {
		if inner, found = strings.CutSuffix(inner, ")"); found {
			text = "-" + strings.TrimSpace(inner)
		}
	}
	whole, fraction := text, ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && strings.ContainsAny(text, " '_") {
		if whole, fraction = text[:i], "."+text[i+1:]; countDigits(fraction, 1) != len(fraction)-1 {
			return "", false
		}
	}
	grouped := strings.NewReplacer(" ", ",", "'", ",", "_", ",").Replace(whole)
	switch {
	case text == "":
	case isDecimal(text):
		return text, true
	case HasDecimalComma(text):
		return strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1), true
	case HasThousands(grouped), hasLakhs(grouped):
		return strings.ReplaceAll(grouped, ",", "") + fraction, true
	}
	return "", false
}

func isOrnate(text string) bool {
	_, is := unadorned(text)
	return is
}

// western maps the signs of numbers to those of ASCII, and drops those of currencies.
func western(r rune) rune {
	switch {
	case r < '0' && r != '$' && r != '%', r >= '0' && r <= '9':
		return r
	case r == '%', r == '‰', r == '٪', r == '٬', unicode.Is(unicode.Sc, r):
		return -1
	case r == '\u2212', r == '－':
		return '-'
	case r == '．', r == '٫':
		return '.'
	case r == '，':
		return ','
	case r == '’':
		return '\''
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.IsDigit(r):
		return digit(r)
	}
	return r
}

// digit is the decimal digit of any script as one of ASCII.
func digit(r rune) rune {
	for _, of := range unicode.Nd.R16 {
		if r >= rune(of.Lo) && r <= rune(of.Hi) {
			return '0' + (r-rune(of.Lo))%10
		}
	}
	for _, of := range unicode.Nd.R32 {
		if r >= rune(of.Lo) && r <= rune(of.Hi) {
			return '0' + (r-rune(of.Lo))%10
		}
	}
	return r
}

// hasLakhs reports whether a text is a whole number in groups of two digits before a last
// group of three: "12,34,567".
func hasLakhs(text string) bool {
	i := afterSign(text)
	groups := strings.Split(text[i:], ",")
	last := len(groups) - 1
	if last < 1 {
		return false
	}
	for n, group := range groups {
		if size := len(group); countDigits(group, 0) != size || n == last && size != 3 || n < last && size != 2 && (n > 0 || size != 1) {
			return false
		}
	}
	return true
}
