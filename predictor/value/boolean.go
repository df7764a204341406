package value

import "strings"

// IsBoolean reports whether a text is true or false in any letter case, white space
// around it aside.
func IsBoolean(text string) bool {
	text = strings.TrimSpace(text)
	return isWord(text, "true") || isWord(text, "false")
}

// Truth reads a text in a boolean column: "true" for true in any letter case and for every
// spelling of 1, "false" for every spelling of 0, "" for a missing value. Any other text is its
// [Category], which no boolean column has seen.
func Truth(text string) string {
	switch t := Category(text); t {
	case "1":
		return "true"
	case "0":
		return "false"
	default:
		return t
	}
}
