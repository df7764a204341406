package page

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// remembering is a source with a past: what it says now, it said since an hour before.
func remembering(t *testing.T) (o Options, looked *int) {
	t.Helper()
	now := drifting(t)
	o, looked = options(now), new(int)
	o.Past = func(ctx context.Context, at time.Time) (*snapshot.Snapshot, error) {
		*looked++
		if at.Before(clock.Add(-time.Hour)) {
			return nil, fmt.Errorf("%w: the log begins later", ErrTime)
		}
		if at.After(clock.Add(time.Hour)) {
			return nil, errors.New("no such file")
		}
		return now.Source.Snapshot(ctx, at), nil
	}
	return o, looked
}

// A page of the past says so, and each of its links stays in the past, but for one.
func TestAPageOfThePastStaysThere(t *testing.T) {
	t.Parallel()
	o, looked := remembering(t)
	handlers := Handlers(o)
	then := clock.Add(2 * time.Minute).Format(time.RFC3339)
	for _, target := range []string{at("/drift", "at", then), at("/drift", "model", markup, "version", "2", "feature", markup, "at", then)} {
		got := askOf(t, handlers, target)
		body := got.Body.String()
		if text := textOf(t, body); got.Code != 200 || !strings.Contains(text, "This is what the page said then") || !strings.Contains(text, "as of 29 Nov 2026 03:14:45 UTC") {
			t.Errorf("%s: %d\n%s", target, got.Code, text)
		}
		now := 0
		for _, link := range links(t, body) {
			switch {
			case strings.HasPrefix(link, runbooks), strings.HasPrefix(link, "#"), link == "./metrics":
			case link == "drift":
				now++ // the name of the program, and "See now"
			case !strings.Contains(link, "at="):
				t.Errorf("%s: %q leads to another time", target, link)
			}
		}
		if now != 2 {
			t.Errorf("%s: %d links lead to now", target, now)
		}
	}
	if got := askOf(t, handlers, at("/api/v1/drift", "at", then)); got.Code != 200 || !strings.Contains(got.Body.String(), `"time":"2026-11-29T03:14:45Z"`) {
		t.Errorf("JSON: %d %.200s", got.Code, got.Body)
	}
	if got := askOf(t, handlers, at("/drift.svg", "prediction", "score", "at", then)); got.Code != 200 {
		t.Errorf("picture: %d", got.Code)
	}
	if *looked != 1 {
		t.Errorf("the log was read %d times for one time", *looked)
	}
	// A change of the verdict leads to what the page said then.
	found := false
	for _, link := range links(t, askOf(t, handlers, at("/drift", "model", markup, "version", "2", "feature", ordinary)).Body.String()) {
		found = found || strings.HasPrefix(link, "drift?") && strings.Contains(link, "at=2026-11-2")
	}
	if !found {
		t.Error("no change leads to its time")
	}
}

func TestATimeWithoutAPastIsRefused(t *testing.T) {
	t.Parallel()
	o, _ := remembering(t)
	for target, want := range map[string]struct {
		status int
		says   string
	}{
		"/drift?at=yesterday":              {400, `at="yesterday" is not a time: write it as`},
		"/drift?at=":                       {400, `at="" is not a time`},
		"/drift?at=-5":                     {400, "is not a time"},
		"/drift?at=0001-01-01T00:00:00Z":   {400, "is not a time"},
		"/drift?at=2026-11-20T00:00:00Z":   {400, "there is nothing to see at that time: the log begins later"},
		"/drift?at=1700000000":             {400, "the log begins later"},
		"/drift?at=1700000000000":          {400, "the log begins later"},
		"/api/v1/drift?at=1700000000":      {400, "the log begins later"},
		"/drift.svg?feature=a&at=17000000": {400, "the log begins later"},
		"/drift?at=2026-11-29T12:00:00Z":   {503, "no such file"},
	} {
		got := askOf(t, Handlers(o), target)
		if got.Code != want.status || !strings.Contains(strings.ReplaceAll(html.UnescapeString(got.Body.String()), `\"`, `"`), want.says) {
			t.Errorf("%s: %d, want %d with %q\n%s", target, got.Code, want.status, want.says, got.Body)
		}
	}
	o.Past = nil
	if got := askOf(t, Handlers(o), "/drift?at=1700000000"); got.Code != 400 || !strings.Contains(got.Body.String(), "knows no past") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}
