package predictor

import (
	"math"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// maxText is the longest request id and source, in bytes.
const maxText = 128

// The members of a feedback record, in the order in which messages name them.
const (
	memberPredictionID = iota
	memberRequestID
	memberOutcome
	memberSource
	memberConfidence
	memberObservedAt
)

// members are the names of the members.
var members = [...]string{"prediction_id", "request_id", "actual_outcome", "source", "confidence", "observed_at"}

// feedbackRequest is a decoded request: one record, or an array of them.
type feedbackRequest struct {
	records []predictionlog.Feedback
	array   bool
	faults  faults
}

// decode reads the body of a feedback request, at most MaxArrayRows records. A null counts
// as an absent member. The faults have everything that is wrong. If the body is not JSON,
// that is the only fault.
func (o *outcomes) decode(body []byte) *feedbackRequest {
	q := &feedbackRequest{faults: faults{limit: MaxArrayRows}}
	l, err := newLexer(body)
	if err == nil {
		err = q.document(&l, o)
	}
	if err != nil {
		q.faults = syntaxFaults(body, err)
	}
	return q
}

// document reads the whole body.
func (q *feedbackRequest) document(l *lexer, o *outcomes) error {
	return l.document(
		func() error { return q.record(l, o, -1) },
		func() error { q.array = true; return q.elements(l, o) },
		func(t jsonType) {
			q.faults.add(-1, nil, reasonWrongType, "the body is "+t.String()+"; send one JSON object, or an array of such objects")
		})
}

// elements reads the records of an array.
func (q *feedbackRequest) elements(l *lexer, o *outcomes) error {
	count, err := l.elements(MaxArrayRows, func(index int) error { return q.record(l, o, index) }, func(index int, t jsonType) {
		q.faults.add(index, nil, reasonWrongType, "the record is "+t.String()+"; send an object such as {\"prediction_id\":0,\"actual_outcome\":1}")
	})
	if err == nil && count > MaxArrayRows {
		q.faults = tooManyRows(count, MaxArrayRows, "records")
	}
	return err
}

// record reads one record. Index is its place in the array, -1 outside one.
func (q *feedbackRequest) record(l *lexer, o *outcomes, index int) error {
	if err := l.open('{'); err != nil {
		return err
	}
	var (
		f      predictionlog.Feedback
		seen   [len(members)]bool
		before = q.faults.count()
	)
	for first := true; ; first = false {
		name, v, more, err := l.member(first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		member := slices.Index(members[:], string(name))
		switch {
		case member < 0:
			q.faults.add(index, name, reasonUnknownField, "feedback has no member "+strconv.Quote(clip(name))+"; remove it, or correct its name: /openapi.json lists them")
			continue
		case seen[member]:
			q.faults.add(index, name, reasonRepeatedField, strconv.Quote(members[member])+" appears more than once; send it once")
			continue
		}
		seen[member] = true
		if v.typ == jsonNull {
			continue // As if it were absent; required members are checked below.
		}
		if reason, detail := setMember(&f, member, v, o); reason != "" {
			q.faults.add(index, name, reason, detail)
		}
	}
	if q.faults.count() == before {
		if f.PredictionID == nil && f.RequestID == "" {
			q.faults.add(index, []byte("prediction_id"), reasonMissingField, "prediction_id is absent; send it, or the request_id of the prediction")
		}
		if f.Outcome == "" {
			q.faults.add(index, []byte("actual_outcome"), reasonMissingField, "actual_outcome is absent; "+o.advice)
		}
	}
	if q.faults.count() == 0 {
		q.records = append(q.records, f)
	}
	return nil
}

// setMember stores one member. Reason is empty when it is accepted.
func setMember(f *predictionlog.Feedback, member int, v token, o *outcomes) (reason, detail string) {
	switch member {
	case memberPredictionID:
		return setPredictionID(f, v)
	case memberRequestID:
		if v.typ != jsonString {
			return reasonWrongType, "request_id is " + v.typ.String() + "; send the string that /predict answered"
		}
		if len(v.text) == 0 || !validRequestID(string(v.text)) {
			return reasonOutOfRange, "request_id must be 1 to 128 printable ASCII bytes; send the one that /predict answered"
		}
		f.RequestID = string(v.text)
	case memberOutcome:
		f.Outcome, reason, detail = o.read(v)
		return reason, detail
	case memberSource:
		if v.typ != jsonString {
			return reasonWrongType, "source is " + v.typ.String() + "; send a string that says where the outcome comes from"
		}
		if len(v.text) > maxText || !printable(v.text) {
			return reasonOutOfRange, "source must be at most 128 bytes of printable text; shorten it"
		}
		f.Source = string(v.text)
	case memberConfidence:
		x, ok := finite(v)
		if !ok || x <= 0 || x > 1 {
			return wrong(v, jsonNumber), "confidence must be a number above 0 and at most 1; leave it out for 1"
		}
		f.Confidence = x
	case memberObservedAt:
		return setObservedAt(f, v)
	}
	return "", ""
}

// setPredictionID stores a prediction id. 7.0 is 7, because data frames with missing values
// send whole numbers that way.
func setPredictionID(f *predictionlog.Feedback, v token) (reason, detail string) {
	const advice = "prediction_id must be a whole number from 0; send the one that /predict answered"
	id, err := strconv.ParseInt(string(v.text), 10, 64)
	if err != nil {
		x, ok := finite(v)
		if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return wrong(v, jsonNumber), advice
		}
		id = int64(x)
	}
	if v.typ != jsonNumber || id < 0 {
		return wrong(v, jsonNumber), advice
	}
	f.PredictionID = &id
	return "", ""
}

// setObservedAt stores the time of observation, which the log keeps in
// nanoseconds since 1970.
func setObservedAt(f *predictionlog.Feedback, v token) (reason, detail string) {
	const advice = "observed_at must be a time by RFC 3339, such as 2026-01-31T12:00:00Z"
	var at time.Time
	if v.typ != jsonString || at.UnmarshalText(v.text) != nil {
		return wrong(v, jsonString), advice
	}
	if at.Year() < 1970 || at.Year() > 2261 {
		return reasonOutOfRange, advice + ", between 1970 and 2261"
	}
	f.ObservedAt = at
	return "", ""
}

// finite returns the value of a number that a float64 can hold.
func finite(v token) (float64, bool) {
	if v.typ != jsonNumber {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v.text), 64)
	return x, err == nil
}

// wrong returns the reason to refuse a value that should have the type want.
func wrong(v token, want jsonType) string {
	if v.typ == want {
		return reasonOutOfRange
	}
	return reasonWrongType
}

// printable reports whether text has no control characters.
func printable(text []byte) bool {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !unicode.IsPrint(r) {
			return false
		}
		text = text[size:]
	}
	return true
}
