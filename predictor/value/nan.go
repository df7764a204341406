package value

import "bytes"

// notFinite are the words that JSON does not have and that Python's json.dumps, among
// others, writes for floats without a value.
var notFinite = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

// NotFinite returns where the word NaN, Infinity or -Infinity at b[i] ends, and false when
// there is none. In JSON of other writers it stands for a missing value, whatever the type of
// the column: pandas has NaN for a missing text, too.
func NotFinite(b []byte, i int) (end int, ok bool) {
	for _, word := range notFinite {
		if bytes.HasPrefix(b[i:], word) {
			return i + len(word), true
		}
	}
	return i, false
}

// FiniteJSON replaces NaN, Infinity and -Infinity outside strings by null.
func FiniteJSON(data []byte) []byte {
	to := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		end, word := NotFinite(data, i)
		switch {
		case data[i] == '"':
			end = EndOfString(data, i)
			to = append(to, data[i:end]...)
		case word:
			to = append(to, "null"...)
		default:
			end = i + 1
			to = append(to, data[i])
		}
		i = end
	}
	return to
}

// EndOfString returns the end of the string in JSON that begins with the quote at data[i].
func EndOfString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}
