package predictor

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds the nesting of arrays and objects in a request body. Valid requests are
// two or three levels deep; anything deeper is refused before it uses stack.
const maxDepth = 32

// lexer reads JSON (RFC 8259) from a byte slice that is valid UTF-8. It is stricter than
// encoding/json in one place, because its texts are logged and compared: an unpaired
// surrogate escape is an error instead of U+FFFD. It allocates for strings with escapes
// only.
//
// For an object of 12 numbers encoding/json takes four times as long, with 45 allocations.
// It does not report repeated keys, nor the field and the line of a syntax error.
// encoding/json/jsontext needs GOEXPERIMENT=jsonv2 in Go 1.26.
//
// The grammar is that of T. Bray, ed. (2017), "The JavaScript Object Notation
// (JSON) Data Interchange Format", RFC 8259, sections 2 to 7.
type lexer struct {
	data []byte
	pos  int
}

// newLexer returns a lexer of the body, or an error when the body cannot be JSON: when it is
// empty, not UTF-8, or begins with a byte order mark.
func newLexer(body []byte) (lexer, error) {
	l := lexer{data: body}
	if len(body) == 0 {
		return l, l.fail("the body is empty; send a JSON object")
	}
	if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
		return l, l.fail("the body begins with a byte order mark; send UTF-8 without one")
	}
	if utf8.Valid(body) {
		return l, nil
	}
	for l.pos < len(body) {
		r, size := utf8.DecodeRune(body[l.pos:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		l.pos += size
	}
	return l, l.fail("the body is not valid UTF-8; encode it as UTF-8")
}

// jsonType is the type of a JSON value.
type jsonType byte

const (
	jsonNull jsonType = iota
	jsonTrue
	jsonFalse
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// String names the type in a sentence.
func (t jsonType) String() string {
	return [...]string{"null", "true", "false", "a number", "a string", "an array", "an object"}[t]
}

// token is one value: its type and, for numbers the literal, for strings the
// unescaped text. The text may alias the body.
type token struct {
	typ  jsonType
	text []byte
}

// fail makes the error of the current position.
func (l *lexer) fail(detail string) error {
	return &syntaxError{offset: l.pos, detail: detail}
}

// peek skips white space and returns the next byte without taking it; ok is
// false at the end of the body.
func (l *lexer) peek() (c byte, ok bool) {
	for ; l.pos < len(l.data); l.pos++ {
		switch c := l.data[l.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, true
		}
	}
	return 0, false
}

// unexpected is the error for a byte that cannot stand where it does.
func (l *lexer) unexpected(want string) error {
	c, ok := l.peek()
	switch {
	case !ok:
		return l.fail("the body ends too early; expected " + want)
	case c == '\'':
		return l.fail("JSON strings stand in double quotes; expected " + want)
	case c == 'N' || c == 'I':
		return l.fail("NaN and Infinity are not JSON; send null for a missing value")
	}
	r, _ := utf8.DecodeRune(l.data[l.pos:])
	return l.fail("unexpected " + strconv.QuoteRune(r) + "; expected " + want)
}

// document reads a whole body: by object if it is an object, by array if it is an array. It
// calls other after anything else.
func (l *lexer) document(object, array func() error, other func(jsonType)) (err error) {
	switch c, _ := l.peek(); c {
	case '{':
		err = object()
	case '[':
		err = array()
	default:
		var v token
		if v, err = l.value(0); err == nil {
			other(v.typ)
		}
	}
	if err != nil {
		return err
	}
	return l.end()
}

// open reads the bracket that begins an array or an object.
func (l *lexer) open(bracket byte) error {
	if c, ok := l.peek(); !ok || c != bracket {
		return l.unexpected(strconv.QuoteRune(rune(bracket)))
	}
	l.pos++
	return nil
}

// more reports whether another element follows before the closing bracket, and reads the
// comma or the bracket. First is true before the first element.
func (l *lexer) more(closing byte, first bool) (bool, error) {
	c, ok := l.peek()
	switch {
	case ok && c == closing:
		l.pos++
		return false, nil
	case first && ok:
		return true, nil
	case ok && c == ',':
		l.pos++
		if c, ok := l.peek(); ok && c == closing {
			return false, l.fail("a comma before " + strconv.QuoteRune(rune(closing)) + "; remove it")
		}
		return true, nil
	}
	return false, l.unexpected("',' or " + strconv.QuoteRune(rune(closing)))
}

// member reads the next member of an object. After the last member it reads the closing
// brace, and more is false. First is true before the first member.
func (l *lexer) member(first bool) (name []byte, v token, more bool, err error) {
	if more, err = l.more('}', first); err != nil || !more {
		return nil, v, false, err
	}
	if name, err = l.key(); err != nil {
		return nil, v, false, err
	}
	if v, err = l.value(1); err != nil {
		return nil, v, false, inField(err, name)
	}
	return name, v, true, nil
}

// elements reads a whole array and returns the number of its elements. It calls object at
// the begin of each element that is an object, which must read it, and other after each
// element that is not. Both get the index of the element. From index most on, elements are
// checked for syntax only.
func (l *lexer) elements(most int, object func(index int) error, other func(index int, t jsonType)) (count int, err error) {
	if err := l.open('['); err != nil {
		return 0, err
	}
	for ; ; count++ {
		more, err := l.more(']', count == 0)
		if err != nil || !more {
			return count, err
		}
		if c, _ := l.peek(); c == '{' && count < most {
			if err := object(count); err != nil {
				return count, err
			}
			continue
		}
		v, err := l.value(1)
		if err != nil {
			return count, err
		}
		if v.typ != jsonObject {
			other(count, v.typ)
		}
	}
}

// key reads the name of an object's member and the colon after it.
func (l *lexer) key() ([]byte, error) {
	if c, ok := l.peek(); !ok || c != '"' {
		return nil, l.unexpected("a name in double quotes")
	}
	name, err := l.str()
	if err != nil {
		return nil, err
	}
	if c, ok := l.peek(); !ok || c != ':' {
		return nil, l.unexpected("':' after the name")
	}
	l.pos++
	return name, nil
}

// value reads the next value, which is depth levels down. For an array or object it returns
// the type only.
func (l *lexer) value(depth int) (token, error) {
	c, ok := l.peek()
	if !ok {
		return token{}, l.unexpected("a value")
	}
	switch {
	case c == '"':
		text, err := l.str()
		return token{jsonString, text}, err
	case c == '-' || '0' <= c && c <= '9':
		text, err := l.number()
		return token{jsonNumber, text}, err
	case c == 'n':
		return token{typ: jsonNull}, l.word("null")
	case c == 't':
		return token{typ: jsonTrue}, l.word("true")
	case c == 'f':
		return token{typ: jsonFalse}, l.word("false")
	case c == '[':
		return token{typ: jsonArray}, l.skip('[', ']', depth)
	case c == '{':
		return token{typ: jsonObject}, l.skip('{', '}', depth)
	case c == '+' || c == '.':
		return token{}, l.fail("a JSON number begins with a digit or '-'")
	}
	return token{}, l.unexpected("a value")
}

// skip reads an array or object with everything in it.
func (l *lexer) skip(opening, closing byte, depth int) error {
	if depth >= maxDepth {
		return l.fail(fmt.Sprintf("nested deeper than %d levels; send flat objects", maxDepth))
	}
	if err := l.open(opening); err != nil {
		return err
	}
	for first := true; ; first = false {
		if more, err := l.more(closing, first); err != nil || !more {
			return err
		}
		if closing == '}' {
			if _, err := l.key(); err != nil {
				return err
			}
		}
		if _, err := l.value(depth + 1); err != nil {
			return err
		}
	}
}

// end checks that only white space is left.
func (l *lexer) end() error {
	if _, ok := l.peek(); ok {
		return l.fail("more data after the JSON value; send one value in each request")
	}
	return nil
}
