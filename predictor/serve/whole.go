package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// wholeBytes is the largest body that Whole waits for. Pages need no body or only a small one.
const wholeBytes = 64 << 10

// Whole returns next, and calls it only with requests that have arrived in full. So a request
// whose body arrives slowly, or never, uses only its connection. Without Whole, next would be
// called after the header, and the server would wait for the rest in the middle of the answer.
func Whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		var body bytes.Buffer
		n, err := io.Copy(&body, io.LimitReader(r.Body, wholeBytes+1))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			http.Error(w, "the body did not arrive in time; send it again", http.StatusRequestTimeout)
		case err != nil:
			http.Error(w, "the body did not arrive; send it again", http.StatusBadRequest)
		case n > wholeBytes:
			w.Header().Set("Connection", "close")
			http.Error(w, fmt.Sprintf("the body is larger than %d bytes; send none", wholeBytes), http.StatusRequestEntityTooLarge)
		default:
			with := *r
			with.Body = io.NopCloser(&body)
			next.ServeHTTP(w, &with)
		}
	})
}
