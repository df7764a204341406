package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxLabel is the greatest number of characters in a label value.
const maxLabel = 128

// hashSize is the number of characters at the end of a changed label value: a tilde and
// 128 bits of the original's SHA-256.
const hashSize = 1 + 32

const nul = "\x00"

// LabelValue returns s as a label value that Prometheus accepts: valid UTF-8 of at most
// maxLabel characters, without NUL, which ends a page to its parser. A value that must be changed keeps its beginning and ends with a
// hash of the whole, so that different values stay different. For the same reason a value
// that looks like a changed one is changed too. Newlines and quotes stay, because the
// exposition formats escape them.
func LabelValue(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, nul) && utf8.RuneCountInString(s) <= maxLabel && !looksChanged(s) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	runes := []rune(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), nul, "\uFFFD"))
	return string(runes[:min(len(runes), maxLabel-hashSize)]) + "~" + hex.EncodeToString(sum[:16])
}

// looksChanged reports whether s ends like a changed value.
func looksChanged(s string) bool {
	at := len(s) - hashSize
	return at >= 0 && s[at] == '~' && strings.Trim(s[at+1:], "0123456789abcdef") == ""
}
