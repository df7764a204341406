package predictor

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// requestIDHeader carries the caller's name for a request: the same request with
// the same name is answered with the first answer, another request is refused.
//
// Jena, J.; Dalal, S. "The Idempotency-Key HTTP Header Field",
// draft-ietf-httpapi-idempotency-key-header, sections 2.6 and 2.7.
const requestIDHeader = "X-Request-ID"

// requestIDKey is the header's key in an http.Header.
const requestIDKey = "X-Request-Id"

// requestID returns the caller's request id, or a new one, by which a refusal or an
// answer that is not in the log can be named; what is logged without the caller's id
// is named by the log. Given says that it is the caller's. Detail is not empty when
// the caller's cannot be used.
func requestID(r *http.Request, rows int, array bool) (id string, given bool, detail string) {
	sent := r.Header[requestIDKey]
	switch {
	case len(sent) == 0 || len(sent) == 1 && sent[0] == "":
		if fresh, err := uuid.NewV7(); err == nil {
			return fresh.String(), false, ""
		}
		return uuid.NewString(), false, ""
	case len(sent) > 1:
		return "", true, "the header X-Request-ID appears more than once; send it once"
	case !validRequestID(sent[0]):
		return "", true, "the header X-Request-ID must be at most 128 printable ASCII bytes; shorten it, or leave it out and one is made"
	case array && !validRequestID(rowID(sent[0], max(rows-1, 0), true)):
		return "", true, "the header X-Request-ID is too long for an array: with /0, /1, ... for its rows it must fit in 128 bytes; shorten it"
	}
	return sent[0], true, ""
}

// rowID is the request id of one prediction: the request's own, or in an array
// the request's with the row's index, "ID/0", "ID/1" and so on, so that a
// repeated array finds each of its rows again.
func rowID(id string, row int, array bool) string {
	if !array {
		return id
	}
	return id + "/" + strconv.Itoa(row)
}

// validRequestID reports whether id is at most 128 printable ASCII bytes.
func validRequestID(id string) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return len(id) <= maxText
}

// otherIDs are the request ids that the log has when the caller's id was used for
// a request of another shape: an object instead of an array, or a longer array.
// Another object and a shorter array have ids of their rows in common with it. So
// an id, and that id with /0 behind it, count as the id of one request.
func otherIDs(id string, rows int, array bool) []string {
	if !array {
		return []string{rowID(id, 0, true)}
	}
	return []string{id, rowID(id, rows, true)}
}
