package page

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A page is loaded again only if its address asks for it, and says how to stop that. Its link to
// the JSON leads to the same models.
func TestAPageIsRefreshedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	o := options(loan(t))
	for target, want := range map[string]struct{ header, link, json string }{
		"/drift":                             {"", "drift?refresh=60", "api/v1/drift"},
		"/drift?refresh=60":                  {"60", "drift", "api/v1/drift"},
		"/drift?model=loan_refinance&page=2": {"", "drift?model=loan_refinance&page=2&refresh=60", "api/v1/drift?model=loan_refinance"},
		"/drift?feature=income&model=loan_refinance&refresh=5": {"5", "drift?feature=income&model=loan_refinance", "api/v1/drift?feature=income&model=loan_refinance"},
	} {
		got := ask(t, o, target)
		body := got.Body.String()
		if header := got.Header().Get("Refresh"); got.Code != http.StatusOK || header != want.header {
			t.Errorf("%s: %d, Refresh %q, want %q", target, got.Code, header, want.header)
		}
		if strings.Contains(body, `http-equiv="refresh"`) {
			t.Errorf("%s refreshes by its markup", target)
		}
		if all := links(t, body); !slices.Contains(all, want.link) || !slices.Contains(all, want.json) {
			t.Errorf("%s has the links %q, want %q and %q", target, all[:6], want.link, want.json)
		}
		if says := strings.Contains(textOf(t, body), "refreshed every "+want.header+" s"); says != (want.header != "") {
			t.Errorf("%s says that it is refreshed: %v", target, says)
		}
	}
	past := url.QueryEscape(clock.Format(time.RFC3339))
	for _, target := range []string{"/drift?refresh=0", "/drift?refresh=x", "/drift?refresh=86401", "/drift?refresh=", "/drift?refresh=60&at=" + past} {
		if got := ask(t, o, target); got.Code != http.StatusBadRequest || got.Header().Get("Refresh") != "" {
			t.Errorf("%s: %d, Refresh %q", target, got.Code, got.Header().Get("Refresh"))
		}
	}
	if got := ask(t, o, "/api/v1/drift?refresh=60"); got.Code != http.StatusBadRequest {
		t.Errorf("the JSON takes a refresh: %d", got.Code)
	}
}
