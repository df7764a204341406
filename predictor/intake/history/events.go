package history

import (
	"bytes"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
)

// openEvents reads CloudEvents of KServe's or Seldon's logger in structured mode, one a line.
func openEvents(name string, c *intake.Config) (*lines, error) {
	data, _, err := readText(name)
	if err != nil {
		return nil, err
	}
	type half struct {
		event  intake.Event
		number int
	}
	l, skipped, waiting := &lines{}, skips{}, map[[3]string]half{}
	done := map[[3]string]bool{}
	number := 0
	for text := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		e, err := intake.StructuredEvent(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if e.Time.IsZero() {
			return nil, fmt.Errorf("line %d: has no time: history needs that of each event", number)
		}
		key := [3]string{e.ID, e.Model, e.Component}
		other, ok := waiting[key]
		if !ok || other.event.Answer == e.Answer {
			if !ok && !done[key] {
				waiting[key] = half{e, number}
			}
			continue
		}
		delete(waiting, key)
		done[key] = true
		request, answer := &e, &other.event
		if e.Answer {
			request, answer = answer, request
		}
		if err := l.pair(c, request, answer, number); err != nil && !skipped.add(err, number) {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	l.sort()
	l.said = skipped.notes()
	if len(waiting) > 0 {
		first := half{number: number}
		for _, h := range waiting {
			if h.number <= first.number {
				first = h
			}
		}
		l.said = append(l.said, fmt.Sprintf("left out, without a partner: %d events, the first in line %d", len(waiting), first.number))
	}
	return l, nil
}

// pair adds the predictions of a request and its answer.
func (l *lines) pair(c *intake.Config, request, answer *intake.Event, number int) error {
	exchange, latency, err := intake.Pair(request, answer)
	if err != nil {
		return err
	}
	from := len(l.records)
	if err := l.add(c, &exchange, request.ID, answer.Time.UnixNano(), number); err != nil {
		return err
	}
	for i := range l.records[from:] {
		l.records[from+i].Latency = latency
	}
	return nil
}
