package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text as it may be shown anywhere, in XML too: without control characters
// and what else cannot be seen but changes how the rest is read, each of which becomes
// a replacement character. Letters of all scripts stay.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufffe', r == '\uffff':
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

// Short cuts a text to so many characters, the last of them an ellipsis.
func Short(text string, characters int) string {
	runes := []rune(text)
	if len(runes) <= characters {
		return text
	}
	return string(runes[:characters-1]) + "…"
}

// Plural is one or many of a noun with its number: 1 feature, 12 features.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}
