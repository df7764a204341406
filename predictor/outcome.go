package predictor

import (
	"math"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// maxText is the longest request id and source, in bytes.
const maxText = 128

// outcomeFields are the members of a feedback request, in the order in which
// messages name them.
var outcomeFields = []string{"prediction_id", "request_id", "actual_outcome", "source", "confidence", "observed_at"}

// decodeOutcome reads the body of a feedback request. A null stands for an
// absent member. What is wrong is in the faults, all of it.
func decodeOutcome(body []byte) (predictionlog.Feedback, faults) {
	var (
		feedback predictionlog.Feedback
		found    = faults{limit: 100}
	)
	l, err := newLexer(body)
	if err == nil {
		err = readOutcome(&l, &feedback, &found)
	}
	if err != nil {
		return predictionlog.Feedback{}, syntaxFaults(body, err)
	}
	return feedback, found
}

// readOutcome reads the whole body.
func readOutcome(l *lexer, feedback *predictionlog.Feedback, found *faults) error {
	if c, ok := l.peek(); ok && c != '{' {
		v, err := l.value(0)
		if err != nil {
			return err
		}
		found.add(-1, nil, reasonWrongType, "the body is "+v.kind.String()+"; send one JSON object")
		return l.end()
	}
	if err := l.open('{'); err != nil {
		return err
	}
	seen := make(map[string]bool, len(outcomeFields))
	for first := true; ; first = false {
		more, err := l.more('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		name, err := l.key()
		if err != nil {
			return err
		}
		v, err := l.value(1)
		if err != nil {
			return inField(err, name)
		}
		if seen[string(name)] {
			found.add(-1, name, reasonRepeatedField, strconv.Quote(clip(name))+" appears more than once; send it once")
			continue
		}
		seen[string(name)] = true
		if reason, detail := setOutcome(feedback, string(name), v); reason != "" {
			found.add(-1, name, reason, detail)
		}
	}
	if !found.any() {
		requireOutcome(feedback, found)
	}
	return l.end()
}

// requireOutcome notes what must be there and is not.
func requireOutcome(feedback *predictionlog.Feedback, found *faults) {
	if feedback.PredictionID == nil && feedback.RequestID == "" {
		found.add(-1, []byte("prediction_id"), reasonMissingField, "prediction_id is absent; send it, or the request_id of the prediction")
	}
	if feedback.Outcome == "" {
		found.add(-1, []byte("actual_outcome"), reasonMissingField, "actual_outcome is absent; send 0 or 1")
	}
}

// setOutcome stores one member. Reason is empty when it is accepted.
func setOutcome(feedback *predictionlog.Feedback, name string, v token) (reason, detail string) {
	if v.kind == kindNull {
		return "", "" // As if it were absent; what may not be absent is found missing later.
	}
	switch name {
	case "prediction_id":
		return setPredictionID(feedback, v)
	case "request_id":
		if v.kind != kindString {
			return reasonWrongType, "request_id is " + v.kind.String() + "; send the string that /predict answered"
		}
		if len(v.text) == 0 || !validRequestID(string(v.text)) {
			return reasonOutOfRange, "request_id must be 1 to 128 printable ASCII bytes; send the one that /predict answered"
		}
		feedback.RequestID = string(v.text)
	case "actual_outcome":
		x, ok := finite(v)
		if !ok || x != 0 && x != 1 {
			return wrong(v, kindNumber), "actual_outcome must be the number 0 or 1"
		}
		feedback.Outcome = strconv.Itoa(int(x))
	case "source":
		if v.kind != kindString {
			return reasonWrongType, "source is " + v.kind.String() + "; send a string that says where the outcome comes from"
		}
		if len(v.text) > maxText || !printable(v.text) {
			return reasonOutOfRange, "source must be at most 128 bytes of printable text; shorten it"
		}
		feedback.Source = string(v.text)
	case "confidence":
		x, ok := finite(v)
		if !ok || x <= 0 || x > 1 {
			return wrong(v, kindNumber), "confidence must be a number above 0 and at most 1; leave it out for 1"
		}
		feedback.Confidence = x
	case "observed_at":
		return setObservedAt(feedback, v)
	default:
		return reasonUnknownField, "feedback has no member " + strconv.Quote(clip([]byte(name))) + "; remove it, or correct its name: /openapi.json lists them"
	}
	return "", ""
}

// setPredictionID stores a prediction id. 7.0 is 7: data frames with a missing
// value somewhere send whole numbers that way.
func setPredictionID(feedback *predictionlog.Feedback, v token) (reason, detail string) {
	const advice = "prediction_id must be a whole number from 0; send the one that /predict answered"
	id, err := strconv.ParseInt(string(v.text), 10, 64)
	if err != nil {
		x, ok := finite(v)
		if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return wrong(v, kindNumber), advice
		}
		id = int64(x)
	}
	if v.kind != kindNumber || id < 0 {
		return wrong(v, kindNumber), advice
	}
	feedback.PredictionID = &id
	return "", ""
}

// setObservedAt stores the time of observation, which the log keeps in
// nanoseconds since 1970.
func setObservedAt(feedback *predictionlog.Feedback, v token) (reason, detail string) {
	const advice = "observed_at must be a time by RFC 3339, such as 2026-01-31T12:00:00Z"
	var at time.Time
	if v.kind != kindString || at.UnmarshalText(v.text) != nil {
		return wrong(v, kindString), advice
	}
	if at.Year() < 1970 || at.Year() > 2261 {
		return reasonOutOfRange, advice + ", between 1970 and 2261"
	}
	feedback.ObservedAt = at
	return "", ""
}

// finite returns the value of a number that a float64 can hold.
func finite(v token) (float64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v.text), 64)
	return x, err == nil
}

// wrong is the reason to refuse a value that should have been of the kind want.
func wrong(v token, want kind) string {
	if v.kind == want {
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
