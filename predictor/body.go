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
	// maxLargeBodies is how many bodies above MaxObjectBytes are held at once,
	// so that the memory for bodies is bounded by this and by the limit on
	// requests.
	maxLargeBodies = 8
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

// readBody reads the request's body into buf, whose memory it uses. Arrays may be
// larger than objects. Release must be called when body is done with.
func (s *Server) readBody(r *http.Request, buf []byte) (body []byte, release func(), refused *problem) {
	release = func() {}
	if r.ContentLength > MaxArrayBytes {
		return nil, release, tooLarge(MaxArrayBytes)
	}
	buf, err := readUpTo(r.Body, buf[:0], min(r.ContentLength, 1<<16), MaxObjectBytes+1)
	if err == nil && len(buf) > MaxObjectBytes {
		if !isArray(buf) {
			return nil, release, tooLarge(MaxObjectBytes)
		}
		select {
		case s.large <- struct{}{}:
			release = func() { <-s.large }
		default:
			return nil, release, overloaded("as many large arrays as fit are being read; repeat the request, or send smaller arrays")
		}
		if buf, err = readUpTo(r.Body, buf, r.ContentLength, MaxArrayBytes+1); err == nil && len(buf) > MaxArrayBytes {
			return nil, release, tooLarge(MaxArrayBytes)
		}
	}
	if err != nil {
		return nil, release, unreadable(err)
	}
	return buf, release, nil
}

// readUpTo appends to buf what r holds until buf is limit bytes long. Expected
// is how long it will be, or anything less when that is not known.
func readUpTo(r io.Reader, buf []byte, expected, limit int64) ([]byte, error) {
	if want := max(expected+1, 1024); int64(cap(buf)) < want { // One more byte, to see the end.
		buf = append(make([]byte, 0, want), buf...)
	}
	for int64(len(buf)) < limit {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(int64(cap(buf)), limit)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
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

// unreadable describes a body that did not arrive.
func unreadable(err error) *problem {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(http.StatusRequestTimeout, reasonTimeout, "the body did not arrive in time; send it again")
	}
	found := faults{limit: 1}
	found.add(-1, nil, reasonInvalidJSON, "the body ended before its announced length; send it again")
	return found.problem("nothing was recorded")
}
