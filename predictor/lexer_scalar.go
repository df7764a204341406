package predictor

import (
	"unicode/utf16"
	"unicode/utf8"
)

// word takes one of JSON's three words.
func (l *lexer) word(word string) error {
	if end := l.pos + len(word); end <= len(l.data) && string(l.data[l.pos:end]) == word {
		l.pos = end
		return nil
	}
	return l.unexpected(word)
}

// number takes a number's literal: RFC 8259, section 6.
func (l *lexer) number() ([]byte, error) {
	start := l.pos
	if l.at('-') {
		l.pos++
	}
	switch {
	case l.at('0'):
		if l.pos++; l.digits() > 0 {
			return nil, l.fail("a JSON number has no leading zeros")
		}
	case l.digits() == 0:
		return nil, l.unexpected("a digit after '-'")
	}
	if l.at('.') {
		if l.pos++; l.digits() == 0 {
			return nil, l.unexpected("a digit after the decimal point")
		}
	}
	if l.at('e') || l.at('E') {
		l.pos++
		if l.at('+') || l.at('-') {
			l.pos++
		}
		if l.digits() == 0 {
			return nil, l.unexpected("a digit in the exponent")
		}
	}
	return l.data[start:l.pos], nil
}

// at reports whether the next byte, white space included, is c.
func (l *lexer) at(c byte) bool {
	return l.pos < len(l.data) && l.data[l.pos] == c
}

// digits takes decimal digits and returns how many there were.
func (l *lexer) digits() int {
	start := l.pos
	for l.pos < len(l.data) && '0' <= l.data[l.pos] && l.data[l.pos] <= '9' {
		l.pos++
	}
	return l.pos - start
}

// str takes a string and returns its text: a slice of the body, or a new slice
// when there were escapes.
func (l *lexer) str() ([]byte, error) {
	l.pos++ // The opening quote.
	start := l.pos
	for ; l.pos < len(l.data); l.pos++ {
		switch c := l.data[l.pos]; {
		case c == '"':
			l.pos++
			return l.data[start : l.pos-1], nil
		case c == '\\':
			return l.escaped(start)
		case c < ' ':
			return nil, l.fail("a control character in a string; write it as an escape such as \\n")
		}
	}
	return nil, l.fail("the body ends inside a string")
}

// escaped goes on with a string that began at start and has its first escape
// at the current position.
func (l *lexer) escaped(start int) ([]byte, error) {
	text := append([]byte(nil), l.data[start:l.pos]...)
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		switch {
		case c == '"':
			l.pos++
			return text, nil
		case c == '\\':
			r, err := l.escape()
			if err != nil {
				return nil, err
			}
			text = utf8.AppendRune(text, r)
		case c < ' ':
			return nil, l.fail("a control character in a string; write it as an escape such as \\n")
		default:
			text = append(text, c)
			l.pos++
		}
	}
	return nil, l.fail("the body ends inside a string")
}

// escape takes one escape sequence, a surrogate pair as one.
func (l *lexer) escape() (rune, error) {
	if l.pos+1 >= len(l.data) {
		return 0, l.fail("the body ends inside a string")
	}
	c := l.data[l.pos+1]
	switch c {
	case '"', '\\', '/':
		l.pos += 2
		return rune(c), nil
	case 'b', 'f', 'n', 'r', 't':
		l.pos += 2
		return map[byte]rune{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[c], nil
	case 'u':
	default:
		return 0, l.fail("an unknown escape in a string; a backslash is written \\\\")
	}
	r, ok := l.hex(l.pos)
	if !ok {
		return 0, l.fail("\\u wants four hexadecimal digits")
	}
	if !utf16.IsSurrogate(r) {
		l.pos += 6
		return r, nil
	}
	if low, ok := l.hex(l.pos + 6); ok {
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			l.pos += 12
			return r, nil
		}
	}
	return 0, l.fail("half of a surrogate pair; write both halves, or the character itself in UTF-8")
}

// hex reads the \uXXXX at pos.
func (l *lexer) hex(pos int) (rune, bool) {
	if pos+6 > len(l.data) || l.data[pos] != '\\' || l.data[pos+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range l.data[pos+2 : pos+6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
