package intake

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// document checks that data is JSON in UTF-8 and returns it without white space around it.
// Python also writes NaN and Infinity, and reads them; here they become null.
func document(data []byte) ([]byte, bool) {
	if !utf8.Valid(data) {
		return nil, false
	}
	data = bytes.TrimSpace(data)
	if json.Valid(data) {
		return data, true
	}
	data = value.FiniteJSON(data)
	return data, json.Valid(data)
}

// skipValue returns the end of the value that begins at data[i], in valid JSON.
func skipValue(data []byte, i int) int {
	switch data[i] {
	case '"':
		return value.EndOfString(data, i)
	case '{', '[':
		for depth := 0; i < len(data); {
			switch data[i] {
			case '"':
				i = value.EndOfString(data, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(data)
	}
	for i < len(data) && data[i] != ',' && data[i] != '}' && data[i] != ']' && data[i] > ' ' {
		i++
	}
	return i
}

// skipTo returns the index of the next byte that is not white space or one of marks.
func skipTo(data []byte, i int, marks string) int {
	for i < len(data) && (data[i] <= ' ' || bytes.IndexByte([]byte(marks), data[i]) >= 0) {
		i++
	}
	return i
}

// elements are the values of a valid array; none of anything else.
func elements(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !isArray(data) {
			return
		}
		for i := skipTo(data, 1, ","); i < len(data)-1; i = skipTo(data, i, ",") {
			end := skipValue(data, i)
			if !yield(data[i:end]) {
				return
			}
			i = end
		}
	}
}

// members are the keys, still in quotes, and the values of a valid object; none of
// anything else.
func members(data []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		if !isObject(data) {
			return
		}
		for i := skipTo(data, 1, ","); i < len(data)-1; i = skipTo(data, i, ",") {
			end := value.EndOfString(data, i)
			key := data[i:end]
			i = skipTo(data, end, ":")
			end = skipValue(data, i)
			if !yield(key, data[i:end]) {
				return
			}
			i = end
		}
	}
}

func isArray(data []byte) bool  { return len(data) > 0 && data[0] == '[' }
func isObject(data []byte) bool { return len(data) > 0 && data[0] == '{' }
func isNull(data []byte) bool   { return len(data) == 0 || string(data) == "null" }

// member returns the value of a key; nil without one. The last of equal keys counts.
func member(data []byte, key string) (found []byte) {
	for k, v := range members(data) {
		if unquote(k) == key {
			found = v
		}
	}
	return found
}

// unquote returns the text of a valid JSON string.
func unquote(quoted []byte) string {
	if len(quoted) < 2 || quoted[0] != '"' {
		return ""
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return ""
	}
	return text
}

// text returns a member that is a string, or "".
func text(data []byte, key string) string { return unquote(member(data, key)) }
