package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client sends requests to one predictor over kept-alive connections, and repeats requests that
// failed.
type client struct {
	base     *url.URL
	shown    string // the address for messages, without a password
	http     *http.Client
	patience time.Duration // how long one request is tried
	retried  func()        // called before each further try
}

func newClient(address string, connections int, patience time.Duration, retried func()) (*client, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the address of a predictor: write it like http://127.0.0.1:5000", address)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return &client{
		base: u, shown: u.Redacted(), patience: patience, retried: retried,
		http: &http.Client{
			Timeout:       30 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// send returns the answer to a request, whatever its status. If there is no connection, or if the
// predictor is busy or cannot write its log (429, 503), it tries again. When patience is over, it
// returns an error. A repeated request has the same id. So if the first one did arrive, the
// predictor answers from its log.
func (c *client) send(ctx context.Context, method, path, id string, body []byte) (status int, answer []byte, err error) {
	var deadline time.Time
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		response, answer, err := c.try(ctx, method, path, id, body)
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		var wait time.Duration
		switch {
		case err != nil:
			wait = pause
		case response.StatusCode == http.StatusServiceUnavailable, response.StatusCode == http.StatusTooManyRequests:
			wait = min(max(pause, retryAfter(response.Header, time.Now())), mostPatient)
			err = fmt.Errorf("status %d: %s", response.StatusCode, problemOf(answer))
		default:
			return response.StatusCode, answer, nil
		}
		now := time.Now()
		if deadline.IsZero() {
			deadline = now.Add(c.patience)
		}
		if now.Add(wait).After(deadline) {
			return 0, nil, fmt.Errorf("the predictor at %s did not take %s %s for %v (is it running? start it with drift_exporter predictor, or name its address with --predictor.url): %w",
				c.shown, method, path, c.patience, err)
		}
		c.retried()
		if err := waitUntil(ctx, now.Add(wait), nil); err != nil {
			return 0, nil, err
		}
	}
}

func (c *client) try(ctx context.Context, method, path, id string, body []byte) (*http.Response, []byte, error) {
	address := *c.base
	address.Path += path
	request, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if id != "" {
		request.Header.Set("X-Request-ID", id)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if at, ok := errors.AsType[*url.Error](err); ok {
			err = at.Err // the caller's message has method and address
		}
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }() // was read to its end, or is broken anyway
	answer, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("read answer: %w", err)
	}
	return response, answer, nil
}

// mostPatient is the longest pause, even if the server asks for a longer one. When the log can be
// written again, this is noticed within seconds.
const mostPatient = 5 * time.Second

// retryAfter returns the pause that the server asks for, in seconds or as a time. It returns 0 if
// the server asks for none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 16); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return t.Sub(now)
	}
	return 0
}
