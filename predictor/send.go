package predictor

import (
	"net/http"
	"strconv"
)

const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
	mediaText    = "text/plain; charset=utf-8"
)

// send answers with a whole body. Nothing the predictor answers may be cached,
// or taken for anything but what it says it is.
func send(w http.ResponseWriter, code int, media string, body []byte) {
	header := w.Header()
	header["Content-Type"] = []string{media}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["Cache-Control"] = []string{"no-store"}
	header["X-Content-Type-Options"] = []string{"nosniff"}
	w.WriteHeader(code)
	_, _ = w.Write(body) //nolint:gosec // G705: never HTML, as the headers above insist. No error: the client may be gone.
}
