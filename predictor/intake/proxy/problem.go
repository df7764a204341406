package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// retryAfter is the value of Retry-After, in seconds, while the log cannot be written.
const retryAfter = 5

// errSlow ends a request that the model does not answer in time.
var errSlow = errors.New("the model took longer than --upstream.timeout")

// problem is an answer of the proxy itself, application/problem+json (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`

	retryAfter int
}

func newProblem(status int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (p *problem) Error() string { return p.Detail }

func (p *problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		body = nil // Strings and integers always encode.
	}
	h := w.Header()
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) //nolint:gosec // G705: never HTML, as the header says. No error: the client may be gone.
}

// unserved refuses what cannot be forwarded and logged as one request and one answer.
func unserved(r *http.Request) *problem {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case strings.HasPrefix(media, "application/grpc"):
		return newProblem(http.StatusUnsupportedMediaType, "gRPC is not forwarded: use the model's REST protocol, or call its gRPC port directly")
	case r.Header.Get("Upgrade") != "":
		return streams("the request asks for the protocol " + strconv.Quote(r.Header.Get("Upgrade")))
	case r.Method == http.MethodConnect:
		return streams("the request asks for a tunnel")
	case strings.Contains(r.Header.Get("Accept"), "text/event-stream"), strings.HasSuffix(r.URL.Path, "/infer_stream"), strings.HasSuffix(r.URL.Path, "/generate_stream"),
		strings.HasPrefix(r.URL.Path, "/invocations-") || slices.Contains(strings.Split(r.URL.Path, "/"), "invocations-response-stream"):
		return streams("the request asks for a stream")
	}
	return nil
}

func streams(what string) *problem {
	return newProblem(http.StatusNotImplemented, "%s; streams are not forwarded, because their predictions cannot be logged before they are answered: ask for one whole answer, or call the model directly", what)
}

func isStream(h http.Header) bool {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return media == "text/event-stream"
}

// unlogged refuses a prediction that cannot be logged.
func unlogged(err error) *problem {
	detail := "the prediction log cannot be written, so the model's answer is withheld: repeat the request later, see /-/ready for the reason, or run the proxy with --predictions.log-failure=serve"
	if !errors.Is(err, predictionlog.ErrUnavailable) {
		detail = "the prediction log did not confirm the record in time: repeat the request with the same X-Request-ID, and it is recorded once"
	}
	p := newProblem(http.StatusServiceUnavailable, "%s", detail)
	p.retryAfter = retryAfter
	return p
}

// unread refuses a request whose body did not arrive.
func unread(err error) *problem {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(http.StatusRequestTimeout, "the body did not arrive in time; send it again")
	}
	return newProblem(http.StatusBadRequest, "the body ended before its announced length; send it again")
}

// crowded refuses a request because of the others.
func crowded(most int64) *problem {
	p := newProblem(http.StatusTooManyRequests, "%d requests are under way, which is the limit (--web.max-requests); repeat the request later", most)
	p.retryAfter = 1
	return p
}

// unreached answers for a model that did not.
func unreached(u *url.URL, err, cause error) *problem {
	if errors.Is(cause, errSlow) || errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
		return newProblem(http.StatusGatewayTimeout, "the model at %s did not answer in time: see its log, or raise --upstream.timeout", u.Host)
	}
	return newProblem(http.StatusBadGateway, "the model at %s cannot be reached: see whether it runs, and --upstream.url", u.Host)
}
