package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

const (
	// requestTime is the maximum time of one request.
	requestTime = time.Minute
	// answerBytes is the maximum size of one answer.
	answerBytes = 64 << 20
	// longestWait is the maximum wait that Retry-After can ask for.
	longestWait = 6 * time.Hour
)

// client sends the requests.
type client struct {
	http    *http.Client
	limiter *rate.Limiter
	header  http.Header
}

// answer is one page as it was received.
type answer struct {
	body       []byte
	etag, link string
}

func newClient(s *source) (*client, error) {
	c := &client{
		http:    &http.Client{Timeout: requestTime, CheckRedirect: sameHost},
		limiter: rate.NewLimiter(s.rate, 1),
		header:  http.Header{"Accept": {"application/json"}, "User-Agent": {"drift_exporter"}},
	}
	if s.authFile == "" {
		return c, nil
	}
	secret, err := outcomes.Secret(s.authFile)
	if err != nil {
		return nil, err
	}
	name, value, found := strings.Cut(secret, ": ")
	if !found {
		name, value = "Authorization", secret
	}
	if strings.ContainsAny(name+value, "\r\n") || strings.ContainsAny(name, " \t") {
		return nil, fmt.Errorf("auth_file %s must hold one line: a header such as X-Api-Key: KEY, or what Authorization says, such as Bearer TOKEN", s.authFile)
	}
	c.header.Set(name, value)
	return c, nil
}

// sameHost refuses a redirect to another host, which would receive the secret.
func sameHost(r *http.Request, before []*http.Request) error {
	if len(before) >= 10 {
		return errors.New("more than 10 redirections")
	}
	if first := before[0].URL; r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirected to another host, %s: write its URL if it is the right one", r.URL.Host)
	}
	return nil
}

// get requests a page. The answer is nil if the page has not changed.
func (c *client) get(ctx context.Context, url, etag string) (*answer, error) {
	if err := c.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header = c.header.Clone()
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	r, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Body.Close() }()
	switch {
	case r.StatusCode == http.StatusNotModified && etag != "":
		return nil, nil
	case r.StatusCode != http.StatusOK:
		return nil, refused(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, answerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the answer was cut off: %w", err)
	}
	if len(body) > answerBytes {
		return nil, fmt.Errorf("the answer is larger than %d bytes: ask for smaller pages in the URL", answerBytes)
	}
	return &answer{body: body, etag: r.Header.Get("ETag"), link: nextLink(r.Header.Values("Link"))}, nil
}

// refused says why there is no page, and when to ask again.
func refused(r *http.Response) error {
	err := fmt.Errorf("the answer is %s", r.Status)
	switch r.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		err = fmt.Errorf("%w: look at auth_file", err)
	case http.StatusNotFound:
		err = fmt.Errorf("%w: look at url", err)
	}
	text := r.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, bad := strconv.Atoi(text); bad == nil {
		wait = time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	} else if at, bad := http.ParseTime(text); bad == nil {
		wait = time.Until(at)
	}
	if wait <= 0 {
		return err
	}
	return &outcomes.RetryError{After: min(wait, longestWait), Err: err}
}

// link matches one link of the header Link (RFC 8288).
var link = regexp.MustCompile(`<([^>]*)>((?:\s*;\s*[^,;"]+(?:"[^"]*")?)*)`)

// nextLink returns the URL of the next page from the header Link.
func nextLink(headers []string) string {
	for _, header := range headers {
		for _, m := range link.FindAllStringSubmatch(header, -1) {
			for parameter := range strings.SplitSeq(m[2], ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
				if strings.EqualFold(strings.TrimSpace(name), "rel") && strings.Trim(strings.TrimSpace(value), `"`) == "next" {
					return m[1]
				}
			}
		}
	}
	return ""
}
