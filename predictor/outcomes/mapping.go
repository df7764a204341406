package outcomes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Mapping says how to read an outcome from a record.
type Mapping struct {
	// Confidence is used for records that contain none.
	Confidence float64

	predictionID, requestID Field // at least one of them
	outcome                 Field
	confidence, observedAt  Field
	classes                 *value.ClassReader
	number                  bool              // the outcome is that of a regression: a finite number
	tolerance               float64           // by how much numbers may differ and still agree
	known                   map[string]string // the outcome of each text, nil: the text itself
	answers                 []Answer          // the outcomes that the configuration names
	zone                    *time.Location    // of times without one, nil: such are refused
	unit                    time.Duration     // of times that are numbers, 0: such are refused
}

// Read returns the outcome of a record, or the reason why there is none.
func (m *Mapping) Read(r *Record) (f predictionlog.Feedback, rejected string) {
	if r.Value == nil {
		return f, predictionlog.RejectedNotParsed
	}
	if rejected = m.key(r, &f); rejected != "" {
		return f, rejected
	}
	text, ok := scalar(m.outcome.Of(r.Value))
	if !ok || strings.TrimSpace(text) == "" {
		return f, predictionlog.RejectedNoOutcome
	}
	if m.known != nil {
		if text, ok = m.known[value.Category(text)]; !ok {
			return f, predictionlog.RejectedUnmapped
		}
	}
	if f.Outcome, ok = m.outcomeOf(text); !ok {
		return f, predictionlog.RejectedUnmapped
	}
	if f.Confidence, ok = m.confidenceOf(r); !ok {
		return f, predictionlog.RejectedConfidence
	}
	if f.ObservedAt, ok = m.observed(r); !ok {
		return f, predictionlog.RejectedObservedAt
	}
	return f, ""
}

// outcomeOf returns the outcome that a text means: a class, or the number of a regression in its
// shortest form.
func (m *Mapping) outcomeOf(text string) (outcome string, ok bool) {
	if !m.number {
		return m.classes.Actual(text)
	}
	x, ok := value.OutcomeNumber(text)
	if !ok {
		return "", false
	}
	return value.Category(strconv.FormatFloat(x, 'g', -1, 64)), true
}

// Answer is an outcome, and the word that the configuration has for it. Without one the word is the
// outcome itself.
type Answer struct{ Outcome, Word string }

// Answers returns the outcomes that the configuration names in outcome.classes, or else in
// outcome.map. Without both they are 1 and 0.
func (m *Mapping) Answers() []Answer {
	if len(m.answers) == 0 {
		return []Answer{{"1", "1"}, {"0", "0"}}
	}
	return slices.Clone(m.answers)
}

// Tolerance is by how much two numbers may differ and still agree.
func (m *Mapping) Tolerance() float64 { return m.tolerance }

// Classes reads classes of predictions in the same way as outcomes.
func (m *Mapping) Classes() *value.ClassReader { return m.classes }

// key reads the value that identifies the record's prediction.
func (m *Mapping) key(r *Record, f *predictionlog.Feedback) (rejected string) {
	if m.predictionID != nil {
		text, ok := scalar(m.predictionID.Of(r.Value))
		if !ok {
			return predictionlog.RejectedBadKey
		}
		if text = value.Category(text); text != "" {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil || id < 0 {
				return predictionlog.RejectedBadKey
			}
			f.PredictionID = &id
		}
	}
	if m.requestID != nil {
		text, ok := scalar(m.requestID.Of(r.Value))
		if !ok || len(text) > longestKey || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
			return predictionlog.RejectedBadKey
		}
		f.RequestID = strings.TrimSpace(text)
	}
	if f.PredictionID == nil && f.RequestID == "" {
		return predictionlog.RejectedNoKey
	}
	return ""
}

// longestKey is the maximum length of a request id in bytes. The predictor has the same limit.
const longestKey = 128

// confidenceOf reads how certain the record is.
func (m *Mapping) confidenceOf(r *Record) (float64, bool) {
	text, ok := scalar(m.confidence.Of(r.Value))
	if !ok {
		return 0, false
	}
	x, kind := value.Number(text)
	switch kind {
	case value.Missing:
		return m.Confidence, true
	case value.Known:
		return x, x > 0 && x <= 1
	}
	return 0, false
}

// observed reads when the outcome was seen. It returns zero if that is unknown.
func (m *Mapping) observed(r *Record) (time.Time, bool) {
	v := m.observedAt.Of(r.Value)
	if at, ok := v.(time.Time); ok {
		return at, inRange(at)
	}
	text, ok := scalar(v)
	if text = strings.TrimSpace(text); text == "" {
		return r.ObservedAt, ok
	}
	at, ok := m.parseTime(text)
	return at, ok && inRange(at)
}

// The accepted formats of times, those with a time zone first.
var (
	zoned   = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999 MST"}
	unzoned = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02"}
)

func (m *Mapping) parseTime(text string) (time.Time, bool) {
	for i, form := range zoned {
		at, err := time.Parse(form, text)
		if err == nil && (i < len(zoned)-1 || strings.HasSuffix(text, " UTC")) {
			return at, true
		}
	}
	if m.zone != nil {
		for _, form := range unzoned {
			if at, err := time.ParseInLocation(form, text, m.zone); err == nil {
				return at, true
			}
		}
	}
	if m.unit > 0 {
		if x, kind := value.Number(text); kind == value.Known && x >= 0 && x*float64(m.unit) < 9.2e18 {
			if n, err := strconv.ParseInt(value.Category(text), 10, 64); err == nil {
				return time.Unix(0, n*int64(m.unit)), true
			}
			return time.Unix(0, int64(x*float64(m.unit))), true
		}
	}
	return time.Time{}, false
}

// inRange reports whether the log can store a time.
func inRange(at time.Time) bool { return at.Year() >= 1970 && at.Year() <= 2261 }

// checkColumns returns an error if a table lacks a column that every record needs.
func (m *Mapping) checkColumns(columns []string) error {
	has := func(f Field) bool {
		_, ok := f.column(columns)
		return ok
	}
	switch {
	case !has(m.outcome):
		return fmt.Errorf("there is no column %v with the outcome: the columns are %s; name it under outcome.field", m.outcome[0], strings.Join(columns, ", "))
	case m.predictionID != nil && !has(m.predictionID) && (m.requestID == nil || !has(m.requestID)):
		return fmt.Errorf("there is no column %v with the id of the prediction: the columns are %s; name it under record.prediction_id", m.predictionID[0], strings.Join(columns, ", "))
	case m.predictionID == nil && !has(m.requestID):
		return fmt.Errorf("there is no column %v with the request id of the prediction: the columns are %s; name it under record.request_id", m.requestID[0], strings.Join(columns, ", "))
	}
	return nil
}

// columns returns the columns of a table that the mapping reads.
func (m *Mapping) columns(columns []string) (read []string) {
	for _, f := range []Field{m.predictionID, m.requestID, m.outcome, m.confidence, m.observedAt} {
		if len(f) == 0 {
			continue
		}
		if name, ok := f.column(columns); ok && !slices.Contains(read, name) {
			read = append(read, name)
		}
	}
	return read
}
