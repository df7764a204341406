package value

import "strconv"

const (
	// mostZeros is how many zeros a plain decimal may need that its digits do not have.
	mostZeros = 30
	// mostExponent is how many digits an exponent may have to be calculated with.
	mostExponent = 15
)

// appendDecimal appends the canonical form of a number in the grammar of JSON, and
// reports false when the text is none. The form depends on the number alone: on its
// digits from the first to the last that is not 0, and on the power of ten of the last.
func appendDecimal[T string | []byte](dst []byte, text T) ([]byte, bool) {
	n := literal(text, 0)
	if n.end != len(text) {
		return dst, false
	}
	// The digits that count are all[first] to all[last].
	digit := func(i int) byte {
		if i < n.whole {
			return text[n.from+i]
		}
		return text[n.from+i+1] // behind the point
	}
	first, last := 0, n.whole+n.fraction-1
	for first <= last && digit(first) == '0' {
		first++
	}
	if first > last {
		return append(dst, '0'), true
	}
	for digit(last) == '0' {
		last--
	}
	exponent, ok := exponentOf(text, n)
	if !ok {
		return dst, false
	}
	count := int64(last - first + 1)
	power := exponent + int64(n.whole-1-last) // of ten, of the last digit
	highest := power + count - 1              // of the first digit
	if n.from > 0 {
		dst = append(dst, '-')
	}
	point := int64(-1) // digits before the point
	switch {
	case power > mostZeros || highest < -mostZeros:
		point = 1
	case highest < 0:
		dst = append(dst, "0."...)
		for range -highest - 1 {
			dst = append(dst, '0')
		}
	case power < 0:
		point = highest + 1
	}
	for i := range count {
		if i == point {
			dst = append(dst, '.')
		}
		dst = append(dst, digit(first+int(i)))
	}
	if power > mostZeros || highest < -mostZeros {
		return strconv.AppendInt(append(dst, 'e'), highest, 10), true
	}
	for range power {
		dst = append(dst, '0')
	}
	return dst, true
}

// number is where the parts of a number in the grammar of JSON are.
type number struct {
	from            int // the first digit
	whole, fraction int // digits before the point, and behind it
	exponent        int // the sign of the exponent or its first digit; 0: none
	end             int // behind the number; at its start: there is none
}

// literal finds the number at text[i].
func literal[T string | []byte](text T, i int) number {
	n := number{end: i}
	if i < len(text) && text[i] == '-' {
		i++
	}
	n.from = i
	n.whole = countDigits(text, i)
	if n.whole == 0 {
		return n
	}
	if text[i] == '0' {
		n.whole = 1 // a number ends behind a leading zero
	}
	i += n.whole
	if i < len(text) && text[i] == '.' {
		if n.fraction = countDigits(text, i+1); n.fraction == 0 {
			return n
		}
		i += 1 + n.fraction
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		n.exponent = i + 1
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		digits := countDigits(text, i)
		if digits == 0 {
			return n
		}
		i += digits
	}
	n.end = i
	return n
}

func countDigits[T string | []byte](text T, i int) int {
	from := i
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i - from
}

// exponentOf is the exponent of a number, and false when it has too many digits.
func exponentOf[T string | []byte](text T, n number) (int64, bool) {
	if n.exponent == 0 {
		return 0, true
	}
	i, negative := n.exponent, text[n.exponent] == '-'
	if negative || text[i] == '+' {
		i++
	}
	for i < n.end-1 && text[i] == '0' {
		i++
	}
	if n.end-i > mostExponent {
		return 0, false
	}
	var exponent int64
	for ; i < n.end; i++ {
		exponent = exponent*10 + int64(text[i]-'0')
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}
