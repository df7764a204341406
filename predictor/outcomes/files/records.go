package files

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// errIncomplete says that the rest of a record may still be written.
var errIncomplete = errors.New("the last record is not complete")

// jsonLine reads the next record of JSON lines. It returns io.EOF at the end. final says that
// nothing more will be written.
func jsonLine(l *lines, final bool) (outcomes.Record, error) {
	for {
		line, err := l.peek(0)
		switch {
		case err != nil:
			return outcomes.Record{}, err
		case line == nil:
			return outcomes.Record{}, io.EOF
		case !whole(line) && !final:
			return outcomes.Record{}, errIncomplete
		}
		l.take(1)
		text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if len(text) == 0 {
			continue
		}
		return outcomes.ParseJSON(text), nil
	}
}

// header reads the first line of a CSV.
func header(l *lines) (columns []string, err error) {
	var text []byte
	n := 0
	for open := true; open; n++ {
		line, err := l.peek(n)
		if err != nil {
			return nil, err
		}
		if line == nil {
			break
		}
		text = append(text, line...)
		open = bytes.Count(text, []byte{'"'})%2 == 1 && len(text) < longestRecord
	}
	c, err := rows.NewCSV(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	l.take(n)
	return c.Columns, nil
}

// csvRow reads the next record of a CSV. It returns an unreadable row raw. If a quote in the row
// is not closed, or closed by the quote of another row, only its first line is returned.
func csvRow(l *lines, columns []string, final bool) (outcomes.Record, error) {
	for {
		first, err := l.peek(0)
		if err != nil {
			return outcomes.Record{}, err
		}
		if first == nil {
			return outcomes.Record{}, io.EOF
		}
		if len(trimEnd(first)) == 0 && whole(first) {
			l.take(1)
			continue
		}
		text, n, err := quoted(l, final)
		if err != nil {
			return outcomes.Record{}, err
		}
		record := parseRow(text, columns)
		if record.Value == nil && n > 1 { // the lines do not belong together
			text, n = first, 1
			record = parseRow(text, columns)
		}
		l.take(n)
		return record, nil
	}
}

// quoted joins the lines of a row: if a quote is open at the end of a line, the row continues on
// the next line.
func quoted(l *lines, final bool) (text []byte, n int, err error) {
	for quotes := 0; ; {
		line, err := l.peek(n)
		if err != nil {
			return nil, 0, err
		}
		if line == nil || len(text)+len(line) > longestRecord && n > 0 {
			if line == nil && l.long == nil && !final {
				return nil, 0, errIncomplete
			}
			first, err := l.peek(0) // the quote is never closed
			return first, 1, err
		}
		if !whole(line) && !final {
			return nil, 0, errIncomplete
		}
		text, n = append(text, line...), n+1
		if quotes += bytes.Count(line, []byte{'"'}); quotes%2 == 0 {
			return text, n, nil
		}
	}
}

// parseRow reads one row.
func parseRow(text []byte, columns []string) outcomes.Record {
	raw := outcomes.Record{Raw: string(trimEnd(text))}
	if len(text) > longestRecord || !utf8.Valid(text) {
		return raw
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = len(columns)
	cells, err := in.Read()
	if err != nil {
		return raw
	}
	record := outcomes.Record{Value: make(map[string]any, len(columns))}
	for i, name := range columns {
		record.Value[name] = cells[i]
	}
	return record
}
