package predictor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

const (
	// appendTimeout bounds the time that a request waits for the log. A commit takes a
	// millisecond; only a disk that hangs takes this long.
	appendTimeout = 10 * time.Second
	// retryAfter is the value of Retry-After, in seconds, while the log cannot be written.
	retryAfter = 5
	// statusClientClosed is counted and never sent: the client has disconnected.
	statusClientClosed = 499
)

// endpoint answers the POST requests to one path.
type endpoint struct {
	// answer answers a request that began at start, whose body has arrived, or
	// returns the problem to answer instead. Writing the answer is the last thing
	// it does.
	answer func(w http.ResponseWriter, r *http.Request, body []byte, start time.Time) *problem
	// unread is called with the problem of a body that did not arrive; nil: nothing is.
	unread func(*problem)
}

// api serves an endpoint: POST only, no more at once than allowed, counted, and
// with panics answered.
func (s *Server) api(name string, e endpoint) http.Handler {
	m := s.metrics.handler(name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.now()
		code := http.StatusOK
		if refused := s.guard(w, r, start, e); refused != nil {
			code = refused.Status
			m.refused.WithLabelValues(refused.reason).Inc()
			if code != statusClientClosed {
				refused.write(w)
			}
		}
		m.done(code, s.now().Sub(start))
	})
}

// guard calls the endpoint unless too many requests are being answered. A request counts
// once its body has arrived, so slow senders do not block others.
func (s *Server) guard(w http.ResponseWriter, r *http.Request, start time.Time, e endpoint) (refused *problem) {
	if r.Method != http.MethodPost {
		return wrongMethod(r, http.MethodPost)
	}
	defer serve.Recover(r, s.logger, func() {
		refused = newProblem(http.StatusInternalServerError, reasonInternal, "the predictor failed on this request; its log stream says where: report it")
	})
	if refused := checkMedia(r); refused != nil {
		return refused
	}
	body, refused := s.readBody(w, r)
	defer body.release()
	if refused != nil {
		if e.unread != nil {
			e.unread(refused)
		}
		return refused
	}
	under := &underWay{ResponseWriter: w, server: s}
	defer under.end()
	if n := s.flying.Add(1); s.maxRequests > 0 && n > s.maxRequests {
		return overloaded(fmt.Sprintf("%d requests are under way, which is the limit; repeat the request later", s.maxRequests))
	}
	return e.answer(under, r, body.data, start)
}

// underWay counts a request until its answer begins: a client that does not read it
// keeps nobody out.
type underWay struct {
	http.ResponseWriter

	server *Server
	ended  bool
}

// WriteHeader implements http.ResponseWriter.
func (u *underWay) WriteHeader(status int) {
	u.end()
	u.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (u *underWay) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *underWay) end() {
	if !u.ended {
		u.ended = true
		u.server.flying.Add(-1)
	}
}

// overloaded refuses a request because of the others.
func overloaded(detail string) *problem {
	p := newProblem(http.StatusTooManyRequests, reasonOverloaded, detail)
	p.retryAfter = 1
	return p
}

// written notes that the log has accepted rows. The log itself logs why it could not; here
// the consequence for callers is logged, once for each change.
func (s *Server) written() {
	if s.failing.Load() && s.failing.Swap(false) {
		s.logger.Info("predictions are recorded again")
	}
}

// unwritten makes the answer to a request that the log could not record.
func (s *Server) unwritten(r *http.Request, err error) *problem {
	if r.Context().Err() != nil {
		return newProblem(statusClientClosed, reasonGone, "the client went away before the answer")
	}
	if !s.failing.Swap(true) {
		s.logger.Error("predictions are not recorded", "err", err, "answered", s.serve)
	}
	p := newProblem(http.StatusServiceUnavailable, reasonUnavailable, "")
	p.retryAfter = retryAfter
	switch {
	case errors.Is(err, predictionlog.ErrUnavailable):
		p.Detail = "the prediction log cannot be written; nothing was recorded: repeat the request later, and see /-/ready for the reason"
	case errors.Is(err, context.DeadlineExceeded):
		p.Detail = "the prediction log did not confirm the record in time; repeat the request with the same X-Request-ID, and it is recorded once"
	default:
		return newProblem(http.StatusInternalServerError, reasonInternal, "the prediction log refuses the record; the predictor's log stream says why: check it with `drift_exporter log check`")
	}
	return p
}
