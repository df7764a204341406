package predictor

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// requestIDHeader has the caller's id of a request. The same request with the same id gets
// the first answer again; another request with that id is refused.
//
// Jena, J.; Dalal, S. "The Idempotency-Key HTTP Header Field",
// draft-ietf-httpapi-idempotency-key-header, sections 2.6 and 2.7.
const requestIDHeader = "X-Request-ID"

// requestIDKey is the header's key in an http.Header.
const requestIDKey = "X-Request-Id"

// requestID returns the caller's request id, or a new one for refusals and for answers that
// are not logged; a logged prediction without the caller's id gets its id from the log.
// Given says whether it is the caller's. Detail is not empty if the caller's is invalid.
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

// rowID returns the request id of one prediction: the id of the request, or in an array that
// id with the index of the row, "ID/0", "ID/1" and so on. So a repeated array finds each of
// its rows again.
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

// otherIDs returns the request ids that are in the log if the caller's id was used for a
// request of another shape: an object instead of an array, or a longer array. (Another
// object, or a shorter array, has row ids in common with this request.) So an id, and that
// id followed by /0, count as the id of one request.
func otherIDs(id string, rows int, array bool) []string {
	if !array {
		return []string{rowID(id, 0, true)}
	}
	return []string{id, rowID(id, rows, true)}
}
