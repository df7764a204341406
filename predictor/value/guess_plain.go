package value

import (
	"math"
	"strconv"
)

// mostPlain is how many digits a number may have that addPlain knows all about.
const mostPlain = 15

// addPlain adds a plain number as most columns spell it, such as 12, -3 or 0.25, and
// reports false, having changed nothing, when it takes a closer look.
func (s *Survey) addPlain(text string, rows int) bool {
	from := 0
	if text[0] == '-' {
		from = 1
	}
	whole := countDigits(text, from)
	if whole == 0 || whole > 9 || text[from] == '0' && whole > 1 {
		return false
	}
	end, minusZero := from+whole, from > 0 && text[from] == '0'
	if end == len(text) && !minusZero {
		s.addWhole(text, text, rows)
		return true
	}
	fraction := 0
	if end < len(text) && text[end] == '.' {
		fraction = countDigits(text, end+1)
	}
	if fraction == 0 || whole+fraction > mostPlain || end+1+fraction != len(text) {
		return false
	}
	for _, digit := range []byte(text[end+1:]) {
		if digit != '0' {
			s.addFraction(text, rows)
			return true
		}
	}
	if minusZero {
		return false
	}
	s.addWhole(text, text[:end], rows)
	return true
}

// addWhole adds a whole number of at most nine digits, and what it is without a fraction.
func (s *Survey) addWhole(text, canonical string, rows int) {
	s.present += rows
	s.plain.add(text, rows)
	x := int64(0)
	for _, digit := range []byte(canonical) {
		if digit != '-' {
			x = 10*x + int64(digit-'0')
		}
	}
	if canonical[0] == '-' {
		x = -x
	}
	s.integer(text, float64(x), rows)
	if x == 0 || x == 1 {
		s.zeroOrOne.add(text, rows)
	}
	if len(text) == len("20060102") && isDateNumber(text) {
		s.dateNumbers.add(text, rows)
	}
	s.digits(x >= 0 && len(text) == len(canonical), len(text))
	s.note(canonical)
}

// addFraction adds a plain number that is not whole.
func (s *Survey) addFraction(text string, rows int) {
	s.present += rows
	s.plain.add(text, rows)
	s.digits(false, len(text))
	if s.isNoted() {
		s.distinct.add(Category(text))
	}
}

// AddLiteral adds a text that [Literal] has read as x, as [Survey.Add] does. 2 ns for a
// number that is not whole.
func (s *Survey) AddLiteral(text string, x float64) {
	if s.isUsual(x) {
		s.addUsual(1)
	} else {
		s.Add(text, 1)
	}
}

// isUsual reports whether a number is not whole, and of all that matters about its text only
// that it is no number of digits.
func (s *Survey) isUsual(x float64) bool {
	return s.missing == nil && x != math.Trunc(x) && len(s.plain.examples) == 3 && !s.isNoted() && !isEpoch(x)
}

// addUsual adds such a number.
func (s *Survey) addUsual(rows int) {
	s.rows += rows
	s.present += rows
	s.plain.rows += rows
	s.width = -1
}

// AddNumber adds a number, NaN for none, as [Survey.Add] does its shortest plain decimal.
// 2 ns for one that is not whole.
func (s *Survey) AddNumber(x float64, rows int) {
	switch {
	case math.IsNaN(x):
		s.rows += rows
	case s.isUsual(x):
		s.addUsual(rows)
	default:
		s.Add(FormatNumber(x), rows)
	}
}

// AddInteger adds a whole number, as [Survey.Add] does its decimal digits.
func (s *Survey) AddInteger(x int64, rows int) { s.Add(strconv.FormatInt(x, 10), rows) }

// FormatNumber is the shortest decimal of a number, without an exponent but beyond 1e21,
// NaN being no text and an infinity inf or -inf, as data frames write them.
func FormatNumber(x float64) string {
	switch {
	case math.IsNaN(x):
		return ""
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	case x != 0 && (math.Abs(x) >= 1e21 || math.Abs(x) < 1e-6):
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
