package predictionlog

import (
	"bytes"
	"encoding/json"
)

// maxDepth is SQLite's limit on the nesting of JSON.
const maxDepth = 1000

// InvalidFeatures reports whether a row's features are not a JSON object, by the
// rule that the log's own sums apply in SQL (see counted_predictions), where a NUL byte
// ends the text. NaN, Infinity and -Infinity, which Python writes into JSON, may stand for
// a value. It costs about 1 us for 12 features, twice as much with NaN.
func InvalidFeatures(features []byte) bool {
	if end := bytes.IndexByte(features, 0); end >= 0 {
		features = features[:end]
	}
	text := bytes.TrimLeft(features, " \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		return true
	}
	if !json.Valid(text) {
		// An empty array is a value, and nothing that is not JSON becomes JSON by it: a
		// bracket is no part of a number, of a word or of an escape. In a string it changes
		// nothing.
		for _, word := range []string{"-Infinity", "Infinity", "NaN"} {
			text = bytes.ReplaceAll(text, []byte(word), []byte("[]"))
		}
		if !json.Valid(text) {
			return true
		}
	}
	return depth(text) > maxDepth
}

// depth returns the nesting of valid JSON.
func depth(text []byte) int {
	var level, deepest int
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}
