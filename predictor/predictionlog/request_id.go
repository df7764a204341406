package predictionlog

import (
	"fmt"
	"strconv"
)

// logIDLength is that of a UUID in text.
const logIDLength = 36

// OwnRequestID names a prediction whose caller sent no request id: by the log's id
// and its own, as 0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e-17. It is not stored, and
// says which log has the prediction.
func OwnRequestID(logID string, id int64) string { return logID + "-" + strconv.FormatInt(id, 10) }

// ParseOwnRequestID takes a name of OwnRequestID apart. ok is false for any other
// text; a caller may have made one of that form by itself.
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

// OtherLogError says that a prediction is in another log than the one asked.
type OtherLogError struct{ LogID string }

// Error implements error.
func (e *OtherLogError) Error() string {
	return fmt.Sprintf("the prediction is in another log, %s", e.LogID)
}
