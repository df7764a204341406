package page

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// everyMinute is the refresh that a page offers, in seconds. longest is the longest there is.
const (
	everyMinute = 60
	longest     = 24 * 60 * 60
)

// parseRefresh reads after how many seconds a page is loaded again. A page of the past always says
// the same.
func parseRefresh(text string, at time.Time) (int, error) {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 || seconds > longest {
		return 0, fmt.Errorf("%w: refresh=%q must be a number of seconds from 1 to %d, such as %d", errQuery, text, longest, everyMinute)
	}
	if !at.IsZero() {
		return 0, fmt.Errorf("%w: a page of the past does not change; leave refresh or at out", errQuery)
	}
	return seconds, nil
}

// refresh has the browser load a page again after so many seconds, 0: never. The header reloads
// the page where the reader is, and is not in the page if it is saved.
func refresh(w http.ResponseWriter, seconds int) {
	if seconds > 0 {
		w.Header().Set("Refresh", strconv.Itoa(seconds))
	}
}

// links sets the links at the top of a page.
func (s *server) links(p *page, r *http.Request, c *choice) {
	asked := r.URL.Query()
	p.Links = []piece{{Text: "Reload", Link: "drift" + encoded(asked)}}
	switch {
	case c.refresh > 0:
		p.Refreshed = "refreshed every " + strconv.Itoa(c.refresh) + " s"
		asked.Del("refresh")
		p.Links = append(p.Links, piece{Text: "Stop refreshing", Link: "drift" + encoded(asked)})
	case c.at.IsZero():
		asked.Set("refresh", strconv.Itoa(everyMinute))
		p.Links = append(p.Links, piece{Text: "Refresh every minute", Link: "drift" + encoded(asked)})
		asked.Del("refresh")
	}
	asked.Del("page")
	p.Links = append(p.Links, piece{Text: "JSON", Link: "api/v1/drift" + encoded(asked)})
	if s.Telemetry != "" {
		p.Links = append(p.Links, piece{Text: "Metrics", Link: "." + s.Telemetry})
	}
}

// encoded returns a query as the end of an address.
func encoded(query url.Values) string {
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
