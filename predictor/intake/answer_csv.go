package intake

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// csvAnswers reads one row a line. Some containers answer all rows in one line.
func csvAnswers(m *Model, data []byte, rows int) ([]answered, error) {
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	lines, err := in.ReadAll()
	if err != nil {
		return nil, unmapped(ReasonAnswer, "the answer is not a CSV: %v", err)
	}
	if len(lines) == 1 && rows > 1 && len(lines[0]) == rows {
		one := lines[0]
		lines = nil
		for _, text := range one {
			lines = append(lines, []string{text})
		}
	}
	to := make([]answered, len(lines))
	for i, cells := range lines {
		if m.Output == "" && len(cells) > 1 {
			all := make([][]byte, len(cells))
			for k, text := range cells {
				all[k] = cell(text)
			}
			to[i].answer = array(all)
			continue
		}
		var ok bool
		if to[i].answer, ok = columnOf(m.Output, cells); !ok {
			return nil, unmapped(ReasonAnswer, "line %d of the answer has %d columns, and output: %.100q is none of them: write its number, the first being 0", i+1, len(cells), m.Output)
		}
		if m.Class == "" {
			continue
		}
		if to[i].class, ok = columnOf(m.Class, cells); !ok {
			return nil, unmapped(ReasonAnswer, "line %d of the answer has %d columns, and class: %.100q is none of them: write its number, the first being 0", i+1, len(cells), m.Class)
		}
	}
	return to, nil
}

func columnOf(name string, cells []string) ([]byte, bool) {
	at := 0
	if name != "" {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, false
		}
		at = n
	}
	if at < 0 || at >= len(cells) {
		return nil, false
	}
	return cell(cells[at]), true
}
