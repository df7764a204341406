package history

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// mostText is the largest file of JSON that is read, unpacked: it is held in memory.
const mostText = 2 << 30

// readText reads a file, plain or gzip.
func readText(name string) (data []byte, changed time.Time, err error) {
	f, err := os.Open(name) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, changed, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, changed, err
	}
	var in io.Reader = f
	magic := make([]byte, 2)
	if _, err := f.ReadAt(magic, 0); err == nil && string(magic) == "\x1f\x8b" {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, changed, fmt.Errorf("read gzip: %w", err)
		}
	}
	data, err = io.ReadAll(io.LimitReader(in, mostText+1))
	switch {
	case err != nil:
		return nil, changed, err
	case len(data) > mostText:
		return nil, changed, fmt.Errorf("has more than %d bytes of JSON: split it", mostText)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), info.ModTime(), nil
}

// lines are records that are held in memory.
type lines struct {
	records []record
	said    []string
}

func (l *lines) close() error    { return nil }
func (l *lines) notes() []string { return l.said }

// each implements source.
func (l *lines) each(ctx context.Context, yield func(*record) error) error {
	for i := range l.records {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := yield(&l.records[i]); err != nil {
			return err
		}
	}
	return nil
}

// sort sorts what is not sorted by its writer.
func (l *lines) sort() {
	slices.SortStableFunc(l.records, func(a, b record) int { return int(min(max(a.time-b.time, -1), 1)) })
}

func line(n int) func() string { return func() string { return fmt.Sprintf("line %d", n) } }

// openLines reads one JSON object a line.
func openLines(name string, c Columns) (*lines, error) {
	data, changed, err := readText(name)
	if err != nil {
		return nil, err
	}
	l := &lines{}
	var outcomes value.Outcomes
	number := 0
	for text := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		r, err := c.line(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		r.place = line(number)
		l.records = append(l.records, *r)
		outcomes.Add(r.outcome)
	}
	if c.coded() {
		coding, err := outcomes.Coding(c.Positive)
		if err != nil {
			return nil, fmt.Errorf("outcomes %q %w", c.Outcome, err)
		}
		for i := range l.records {
			l.records[i].outcome = coding.Class(l.records[i].outcome)
		}
	}
	if c.Time == "" {
		start := c.Start.UnixNano()
		if c.Start.IsZero() {
			start = changed.Truncate(time.Second).UnixNano() - int64(float64(len(l.records)-1)/c.Rate*1e9)
		}
		for i := range l.records {
			l.records[i].time = start + int64(float64(i)/c.Rate*1e9)
		}
	}
	return l, nil
}

// line reads a record of a JSON object. Every member that has no role is a feature.
func (c *Columns) line(text []byte) (*record, error) {
	r := &record{Prediction: predictionlog.Prediction{Model: c.Model, Version: c.Version, Score: math.NaN(), Latency: -1}}
	features := append(make([]byte, 0, len(text)), '{')
	found := map[string]string{}
	members, err := intake.Members(text)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		switch {
		case m.Name == c.Time || m.Name == c.Score || m.Name == c.Class || m.Name == c.Outcome || m.Name == c.OutcomeTime || m.Name == c.RequestID:
			found[m.Name] = m.Text
		case slices.Contains(c.Ignore, m.Name):
		case m.Nested:
			return nil, fmt.Errorf("%.60q is an array or an object, and a feature is one value: leave it out with --ignore=%s", m.Name, m.Name)
		default:
			if len(features) > 1 {
				features = append(features, ',')
			}
			features = append(append(append(features, value.JSON(m.Name)...), ':'), m.JSON...)
		}
	}
	r.Features = append(features, '}')
	if len(features) == 1 {
		return nil, errors.New("has no features")
	}
	return r, c.roles(r, found)
}

// roles reads what is not a feature.
func (c *Columns) roles(r *record, found map[string]string) (err error) {
	if c.Score != "" && value.Category(found[c.Score]) != "" {
		x, kind := value.Number(found[c.Score])
		if kind == value.Invalid {
			return fmt.Errorf("%q: the score %.40q is not a number", c.Score, found[c.Score])
		}
		if kind == value.Known {
			r.Score = x
		}
	}
	if err := c.score(r.Score); err != nil {
		return err
	}
	if r.Class = c.class(r.Score); c.Class != "" {
		r.Class = value.Category(found[c.Class])
	}
	r.RequestID = found[c.RequestID]
	if c.Time != "" {
		if r.time, err = value.Time(found[c.Time]); err != nil {
			return fmt.Errorf("%q: %w", c.Time, err)
		}
	}
	if c.Outcome != "" {
		if r.outcome, err = c.outcome(found[c.Outcome]); err != nil {
			return err
		}
	}
	if c.OutcomeTime != "" && r.outcome != "" {
		if r.outcomeTime, err = value.Time(found[c.OutcomeTime]); err != nil {
			return fmt.Errorf("%q: %w", c.OutcomeTime, err)
		}
	}
	return nil
}
