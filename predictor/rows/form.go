package rows

import (
	"bufio"
	"errors"
	"strconv"
	"unicode/utf8"
)

// formSize is how many bytes at the start of a text checkForm reads.
const formSize = 1 << 16

// checkForm checks the start of a text for faults that the reader of records would not notice, or
// would notice only at the end of the file.
func checkForm(in *bufio.Reader) error {
	start, _ := in.Peek(formSize)
	if len(start) > 1 && (start[0] == 0xfe && start[1] == 0xff || start[0] == 0xff && start[1] == 0xfe || start[0] == 0 || start[1] == 0) {
		return errors.New("line 1: the text is UTF-16: save it as UTF-8")
	}
	inQuotes := false
	for i, c := range start {
		switch {
		case c == '"':
			inQuotes = !inQuotes
		case inQuotes:
		case c == '\n':
			return nil
		case c == '\r' && i+1 < len(start) && start[i+1] != '\n':
			return errors.New(`line ends are CR: convert the file, for example with: tr '\r' '\n' <old.csv >new.csv`)
		}
	}
	return nil
}

// longest is the maximum number of bytes of a file that an error quotes.
const longest = 40

// cut returns the start of a text.
func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	end := longest
	for end > longest-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}

func quoted(text string) string { return strconv.Quote(cut(text)) }
