package exporter

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// named answers with a name and the path that it sees.
func named(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s at %s", name, r.URL.Path) })
}

func TestPagesAreServedNextToTheMetrics(t *testing.T) {
	t.Parallel()
	for _, external := range []string{"", "https://example.com/drift"} {
		o := options(fake{})
		o.ExternalURL = external
		o.Pages = map[string]Page{"/models": {named("models"), "Models", "what is watched", true}, "/api/v1/": {Handler: named("api")}}
		s, prefix := mustNew(t, o), strings.TrimPrefix(external, "https://example.com")
		check(t, ask(t, s, "GET", prefix+"/models"), 200, "models at /models")
		check(t, ask(t, s, "GET", prefix+"/api/v1/models/m"), 200, "api at /api/v1/models/m")
		check(t, ask(t, s, "GET", prefix+"/metrics"), 200, `drift_exporter_page_info{url="`+external+`/models"} 1`)
		check(t, ask(t, s, "GET", prefix+"/models/m"), 404)
		check(t, ask(t, s, "POST", prefix+"/models"), 405)
		check(t, ask(t, s, "GET", prefix+"/"), 200, `href="`+prefix+`/models"`, "what is watched")
		checkAbsent(t, ask(t, s, "GET", prefix+"/"), `/api/v1/"`)
	}
}

func TestAPageMustNotHideWhatIsServed(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":           "must start with /",
		"models":      "must start with /",
		"/metrics":    "where the metrics are",
		"/metrics/":   "where the metrics are",
		"/-/ready":    "everything below /- is taken",
		"/debug/x/":   "everything below /debug is taken",
		"/a//b":       "write the path as /a/b",
		"/{model...}": "letters, digits",
	} {
		o := options(fake{})
		o.Pages = map[string]Page{path: {Handler: named("page")}}
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
	}
	o := options(fake{})
	o.Pages = map[string]Page{"/models": {}}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "no handler") {
		t.Errorf("got %v", err)
	}
}

func TestAPageThatPanicsIsAnswered(t *testing.T) {
	t.Parallel()
	o := options(fake{})
	o.Pages = map[string]Page{"/models": {Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("on purpose") })}}
	check(t, ask(t, mustNew(t, o), "GET", "/models"), 500)
}
