package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxLabel is the greatest number of characters in a label value.
const maxLabel = 128

// hashSize is the number of characters that mark a label value as changed: a
// tilde and 128 bits of the original's SHA-256.
const hashSize = 1 + 32

// labelValue returns s as a label value that Prometheus accepts: valid UTF-8 of
// at most maxLabel characters. What must be changed keeps its beginning and ends
// in a hash of the whole, so that different values stay different; for that
// reason a value which only looks changed is changed as well. Newlines and
// quotes stay: the exposition formats escape them.
func labelValue(s string) string {
	if utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxLabel && !looksChanged(s) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	return string(runes[:min(len(runes), maxLabel-hashSize)]) + "~" + hex.EncodeToString(sum[:16])
}

// looksChanged reports whether s ends like a changed value.
func looksChanged(s string) bool {
	at := len(s) - hashSize
	return at >= 0 && s[at] == '~' && strings.Trim(s[at+1:], "0123456789abcdef") == ""
}
