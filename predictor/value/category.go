package value

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Category is the canonical form of a text that names a category. Texts that are
// equal values have the same one:
//
//   - a number in the grammar of JSON is its shortest plain decimal, by arithmetic
//     on its digits, never through a float64: "30.0" and "3e1" are "30", "0.10" is
//     "0.1", and 12345678901234567890 keeps its digits. A number with more than 30
//     zeros to fill in stays in scientific form, "1e31"; one with an exponent of more
//     than 15 digits stays as it is.
//   - true and false, in any letter case, are "true" and "false".
//   - white space around it, as Unicode defines it, does not count: " NY" is "NY", as it
//     is behind a comma and a space in a CSV, or in a padded column of a database. White
//     space alone is "", which stands for a missing value.
//   - everything else is itself: "00501", "+5", "1,234", in Unicode's normal form C,
//     so that an "é" is the same whether it is one character or an "e" and an accent.
//
// It is idempotent. A word or an integer takes 4 to 11 ns and no allocation (BenchmarkCategory);
// a number in another spelling 50 to 80 ns and at most one.
func Category(text string) string {
	if isCanonical(text) {
		return text
	}
	var scratch [64]byte
	b := appendCategory(scratch[:0], text)
	if string(b) == text {
		return text
	}
	return string(b)
}

// CategoryBytes is [Category] of bytes: text itself, where that is canonical, else
// the canonical form appended to scratch.
func CategoryBytes(text, scratch []byte) []byte {
	if isCanonical(text) {
		return text
	}
	at := len(scratch)
	return appendCategory(scratch, text)[at:]
}

// isCanonical reports whether a text is certainly its own canonical form. False
// means that it takes a closer look.
func isCanonical[T string | []byte](text T) bool {
	if len(text) == 0 {
		return true
	}
	switch c := text[0]; {
	case c == '-' || c-'0' <= 9:
		return isShortInteger(text)
	case c|0x20 == 't' && len(text) == len("true"):
		return string(text) == "true"
	case c|0x20 == 'f' && len(text) == len("false"):
		return string(text) == "false"
	}
	return text[0] > ' ' && text[len(text)-1] > ' ' && isASCII(text)
}

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isShortInteger reports whether a text is an integer of at most 18 digits without
// zeros in front.
func isShortInteger[T string | []byte](text T) bool {
	i := 0
	if text[0] == '-' {
		i = 1
	}
	if n := len(text) - i; n == 0 || n > 18 || text[i] == '0' && len(text) > 1 {
		return false
	}
	for ; i < len(text); i++ {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return true
}

func appendCategory[T string | []byte](dst []byte, text T) []byte {
	if text = trim(text); len(text) == 0 {
		return dst
	}
	switch c := text[0]; {
	case c == '-' || c-'0' <= 9:
		if out, ok := appendDecimal(dst, text); ok {
			return out
		}
	case isWord(text, "true"):
		return append(dst, "true"...)
	case isWord(text, "false"):
		return append(dst, "false"...)
	}
	return appendComposed(dst, text)
}

// appendComposed appends a text in normal form C. It does not append to dst by package norm,
// which would join an accent at the start of text with what dst ends in.
func appendComposed[T string | []byte](dst []byte, text T) []byte {
	if isASCII(text) {
		return append(dst, text...)
	}
	switch t := any(text).(type) {
	case string:
		return append(dst, norm.NFC.String(t)...)
	case []byte:
		return append(dst, norm.NFC.Bytes(t)...)
	}
	return dst
}

// trim returns a text without the white space around it, as Unicode defines it.
func trim[T string | []byte](text T) T {
	switch t := any(text).(type) {
	case string:
		return T(strings.TrimSpace(t))
	case []byte:
		return T(bytes.TrimSpace(t))
	}
	return text
}

// isWord reports whether a text is that lower-case word in any letter case.
func isWord[T string | []byte](text T, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i := range len(word) {
		if text[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}
