package value

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Name is the canonical form of the name of a column, a feature or a key in JSON: without
// white space around it, in Unicode's normal form C, so that an "é" is the same whether it
// is one character or an "e" and an accent. A name in ASCII costs a comparison of its bytes.
func Name(name string) string {
	if name = strings.TrimSpace(name); isASCII(name) {
		return name
	}
	return norm.NFC.String(name)
}

// isIDName reports whether a column's name is that of an identifier: its last word is
// id, or it is a data frame's index.
func isIDName(name string) bool {
	for _, end := range []string{"_id", "-id", " id", ".id", "Id", "ID"} {
		if strings.HasSuffix(name, end) || strings.HasSuffix(name, strings.ToUpper(end)) {
			return true
		}
	}
	return strings.EqualFold(name, "id") || strings.EqualFold(name, "index") || name == "Unnamed: 0"
}

// isCodeName reports whether a column's name is that of a code, of which digits are
// no numbers.
func isCodeName(name string) bool {
	lower := strings.ToLower(name)
	return isIDName(name) || strings.HasSuffix(lower, "zip") || strings.HasSuffix(lower, "code")
}

// isTimeName reports whether a column's name is that of a time.
func isTimeName(name string) bool {
	lower := strings.ToLower(name)
	for _, end := range []string{"time", "date", "timestamp", "_at", "_ts", "epoch"} {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return lower == "ts"
}
