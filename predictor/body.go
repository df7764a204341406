package predictor

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// What one request may hold.
const (
	// MaxObjectBytes is the largest body that is not an array.
	MaxObjectBytes = 1 << 20
	// MaxArrayBytes is the largest array.
	MaxArrayBytes = 8 << 20
	// MaxArrayRows is the largest number of predictions, or of outcomes, in one
	// request. They are one transaction, and a larger one keeps the others waiting.
	MaxArrayRows = 1000
	// firstBodyBytes is how large the buffer for a body is at first.
	firstBodyBytes = 4 << 10
)

// checkMedia refuses a body that says it is not JSON.
func checkMedia(r *http.Request) *problem {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType, reasonMediaType,
			fmt.Sprintf("Content-Encoding %q is not understood; send the body uncompressed", clip([]byte(coding))))
	}
	given := r.Header.Get("Content-Type")
	if given == "" || given == "application/json" {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(given)
	charset, other := parameters["charset"]
	if err == nil && media == "application/json" && (!other || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return newProblem(http.StatusUnsupportedMediaType, reasonMediaType,
		fmt.Sprintf("Content-Type %q is not understood; send JSON in UTF-8 with the header Content-Type: application/json (curl: -H 'Content-Type: application/json')", clip([]byte(given))))
}

// readBody reads the request's body. Arrays may be larger than objects. The body
// must be released, whatever is returned with it.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (b *requestBody, refused *problem) {
	b = s.bodies.begin(w)
	if r.ContentLength > MaxArrayBytes {
		return b, tooLarge(MaxArrayBytes)
	}
	refused = b.read(r)
	if !b.arrived() {
		return b, crowdedOut()
	}
	return b, refused
}

// read fills the buffer. It begins with a small one, whatever length is announced:
// what has not been sent takes no memory.
func (b *requestBody) read(r *http.Request) *problem {
	for limit := MaxObjectBytes; ; {
		if len(b.data) > limit {
			if limit == MaxArrayBytes || !isArray(b.data) {
				return tooLarge(int64(limit))
			}
			limit = MaxArrayBytes
		}
		if len(b.data) == cap(b.data) {
			size := min(max(2*len(b.data), firstBodyBytes), limit+1)
			if r.ContentLength >= 0 { // One byte more, to see the end.
				size = min(size, int(r.ContentLength)+1)
			}
			if !b.grow(size) {
				return overloaded("as many bodies as fit are being answered; repeat the request, or send smaller arrays")
			}
		}
		n, err := r.Body.Read(b.data[len(b.data):min(cap(b.data), limit+1)])
		b.data = b.data[:len(b.data)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

// isArray reports whether the body begins like a JSON array.
func isArray(body []byte) bool {
	c, ok := (&lexer{data: body}).peek()
	return ok && c == '['
}

// tooLarge refuses a body above the limit.
func tooLarge(limit int64) *problem {
	return newProblem(http.StatusRequestEntityTooLarge, reasonTooLarge, "the body is larger than "+strconv.FormatInt(limit, 10)+
		" bytes; send less in one request: an object may have "+strconv.Itoa(MaxObjectBytes)+" bytes, an array "+strconv.Itoa(MaxArrayBytes))
}

// unreadable returns the problem of a body that did not arrive.
func unreadable(err error) *problem {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(http.StatusRequestTimeout, reasonTimeout, "the body did not arrive in time; send it again")
	}
	found := faults{limit: 1}
	found.add(-1, nil, reasonInvalidJSON, "the body ended before its announced length; send it again")
	return found.problem("nothing was recorded")
}

// crowdedOut refuses a body that was given up.
func crowdedOut() *problem {
	p := newProblem(http.StatusServiceUnavailable, reasonOverloaded,
		"too many bodies were arriving, and this one had begun first; send the request again, without pauses")
	p.retryAfter = 1
	return p
}
