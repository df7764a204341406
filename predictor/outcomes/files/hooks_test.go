package files

import (
	"errors"
	"io"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// ScanCSV reads a whole text and returns how many bytes of it were not read.
func ScanCSV(text string, yield func(outcomes.Record)) (rest int64, err error) {
	l := newLines(strings.NewReader(text), nil, 0, 0)
	columns, err := header(l)
	for err == nil {
		var r outcomes.Record
		if r, err = csvRow(l, columns, true); err == nil {
			yield(r)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return int64(len(text)) - l.offset, err
}
