package history

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// openCapture reads a file of SageMaker's data capture.
func openCapture(name string, c *intake.Config) (*lines, error) {
	data, _, err := readText(name)
	if err != nil {
		return nil, err
	}
	l, skipped := &lines{}, skips{}
	number := 0
	for text := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		capture, err := intake.ParseCapture(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		at, err := value.Time(capture.Time)
		if err != nil {
			return nil, fmt.Errorf("line %d: inferenceTime %w", number, err)
		}
		if err := l.add(c, &capture.Exchange, capture.ID, at, number); err != nil {
			if !skipped.add(err, number) {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
	l.sort()
	l.said = skipped.notes()
	return l, nil
}

// add adds the predictions of an exchange.
func (l *lines) add(c *intake.Config, e *intake.Exchange, id string, at int64, number int) error {
	batch, err := c.Predictions(e)
	if err != nil {
		return err
	}
	for i := range batch {
		if id != "" {
			if batch[i].RequestID = id; len(batch) > 1 {
				batch[i].RequestID = id + "/" + strconv.Itoa(i)
			}
		}
		l.records = append(l.records, record{Prediction: batch[i], time: at, place: line(number)})
	}
	return nil
}

// skips counts exchanges that cannot be mapped, by reason.
type skips map[string]*struct {
	count  int
	detail string
	line   int
}

// add counts an error; false if it is of another kind.
func (s skips) add(err error, number int) bool {
	u, ok := errors.AsType[*intake.Unmapped](err)
	if !ok {
		return false
	}
	if s[u.Reason] == nil {
		s[u.Reason] = &struct {
			count  int
			detail string
			line   int
		}{0, u.Detail, number}
	}
	s[u.Reason].count++
	return true
}

func (s skips) notes() (all []string) {
	for _, reason := range slices.Sorted(maps.Keys(s)) {
		all = append(all, fmt.Sprintf("left out, %s: %d, the first in line %d: %s", reason, s[reason].count, s[reason].line, s[reason].detail))
	}
	return all
}
