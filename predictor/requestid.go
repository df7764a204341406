package predictor

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// requestIDHeader carries the caller's name for a prediction: a second request
// with the same one is answered with the first answer.
const requestIDHeader = "X-Request-ID"

// requestIDKey is the header's key in an http.Header.
const requestIDKey = "X-Request-Id"

// requestID returns the caller's request id, or a new one: a UUID of version 7,
// whose order in time keeps the log's index dense (random ones made the index
// a third slower). Detail is not empty when the caller's cannot be used.
func requestID(r *http.Request, rows int, array bool) (id, detail string) {
	given := r.Header[requestIDKey]
	switch {
	case len(given) == 0 || len(given) == 1 && given[0] == "":
		if fresh, err := uuid.NewV7(); err == nil {
			return fresh.String(), ""
		}
		return uuid.NewString(), ""
	case len(given) > 1:
		return "", "the header X-Request-ID appears more than once; send it once"
	case !validRequestID(given[0]):
		return "", "the header X-Request-ID must be at most 128 printable ASCII bytes; shorten it, or leave it out and one is made"
	case array && !validRequestID(rowID(given[0], max(rows-1, 0), true)):
		return "", "the header X-Request-ID is too long for an array: with /0, /1, ... for its rows it must fit in 128 bytes; shorten it"
	}
	return given[0], ""
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
