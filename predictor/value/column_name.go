package value

import "strings"

// isIDName reports whether the last word of a column's name is id.
func isIDName(name string) bool {
	for _, end := range []string{"_id", "-id", " id", ".id", "Id", "ID"} {
		if strings.HasSuffix(name, end) || strings.HasSuffix(name, strings.ToUpper(end)) {
			return true
		}
	}
	return strings.EqualFold(name, "id")
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
