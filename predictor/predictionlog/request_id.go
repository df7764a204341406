package predictionlog

import (
	"fmt"
	"strconv"
)

// logIDLength is the length of a UUID in text.
const logIDLength = 36

// OwnRequestID returns the request id of a prediction whose caller sent none: the log's id
// and the prediction's id, such as 0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e-17. It is not
// stored, and says which log has the prediction.
func OwnRequestID(logID string, id int64) string { return logID + "-" + strconv.FormatInt(id, 10) }

// ParseOwnRequestID splits a request id that OwnRequestID made. ok is false for any other
// text. A caller may have sent an id of the same form.
func ParseOwnRequestID(text string) (logID string, id int64, ok bool) {
	if len(text) < logIDLength+2 || text[logIDLength] != '-' {
		return "", 0, false
	}
	for i := range logIDLength {
		switch c := text[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return "", 0, false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return "", 0, false
		}
	}
	digits := text[logIDLength+1:]
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id < 0 || strconv.FormatInt(id, 10) != digits {
		return "", 0, false
	}
	return text[:logIDLength], id, true
}

// OtherLogError means that a prediction is in another log.
type OtherLogError struct{ LogID string }

// Error implements error.
func (e *OtherLogError) Error() string {
	return fmt.Sprintf("the prediction is in another log, %s", e.LogID)
}
