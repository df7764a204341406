package exporter

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestNewRefusesWrongOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no monitor":                {func(o *Options) { o.Monitor = nil }, "no monitor"},
		"negative limit":            {func(o *Options) { o.MaxRequests = -1 }, "--web.max-requests=-1"},
		"negative offset":           {func(o *Options) { o.TimeoutOffset = -time.Second }, "--scrape.timeout-offset=-1s"},
		"unknown enabled collector": {func(o *Options) { o.Enabled = []string{"cpu"} }, `"cpu"`},

		"no telemetry path":           {func(o *Options) { o.TelemetryPath = "" }, "must start with /"},
		"relative telemetry path":     {func(o *Options) { o.TelemetryPath = "metrics" }, "must start with /"},
		"telemetry path is a probe":   {func(o *Options) { o.TelemetryPath = "/-/healthy" }, "everything below /- is taken"},
		"telemetry path below /-":     {func(o *Options) { o.TelemetryPath = "/-/metrics" }, "everything below /- is taken"},
		"telemetry path is pprof's":   {func(o *Options) { o.TelemetryPath = "/debug/pprof" }, "everything below /debug is taken"},
		"telemetry path with a slash": {func(o *Options) { o.TelemetryPath = "/metrics/" }, "write the path as /metrics"},
		"telemetry path with dots":    {func(o *Options) { o.TelemetryPath = "/a/../-/ready" }, "write the path as /-/ready"},
		"telemetry path is a pattern": {func(o *Options) { o.TelemetryPath = "/{rest...}" }, "letters, digits"},
		"telemetry path with a query": {func(o *Options) { o.TelemetryPath = "/metrics?a=b" }, "letters, digits"},
		"telemetry path with markup":  {func(o *Options) { o.TelemetryPath = `/"><script>` }, "letters, digits"},

		"external URL without a scheme":   {func(o *Options) { o.ExternalURL = "example.com/drift" }, "http or https URL"},
		"external URL with only a port":   {func(o *Options) { o.ExternalURL = "localhost:8001/drift" }, "http or https URL"},
		"external URL of another scheme":  {func(o *Options) { o.ExternalURL = "ftp://example.com/" }, "http or https URL"},
		"external URL without a host":     {func(o *Options) { o.ExternalURL = "http:///drift" }, "http or https URL"},
		"external URL that is none":       {func(o *Options) { o.ExternalURL = "http://[::1" }, "not a URL"},
		"external URL with a query":       {func(o *Options) { o.ExternalURL = "https://example.com/?a=b" }, "neither user, query nor fragment"},
		"external URL with a fragment":    {func(o *Options) { o.ExternalURL = "https://example.com/#a" }, "neither user, query nor fragment"},
		"external URL with a user":        {func(o *Options) { o.ExternalURL = "https://me:secret@example.com/" }, "neither user, query nor fragment"},
		"external URL in need of escapes": {func(o *Options) { o.ExternalURL = "https://example.com/my%20drift" }, "letters, digits"},
		"external URL with two slashes":   {func(o *Options) { o.ExternalURL = "https://example.com/a//b" }, "write the path as /a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(fake{})
			test.change(&o)
			_, err := New(o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestLandingPageLinksWhatThereIs(t *testing.T) {
	t.Parallel()
	w := ask(t, mustNew(t, options(fake{})), "GET", "/")
	check(t, w, 200, "<h1>drift_exporter</h1>", "Version:",
		`href="/metrics"`, `href="/-/healthy"`, `href="/-/ready"`,
		`href="/metrics?collect[]=traffic">traffic</a></li>`,
		`href="/metrics?collect[]=feature_bins">feature_bins</a> (not enabled`)
	checkAbsent(t, w, "debug/pprof")
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Errorf("content type %q", got)
	}
}

func TestUnknownPathIs404(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{}))
	for _, path := range []string{"/metricsx", "/metrics/", "/-/", "/debug/pprof/", "/index.html"} {
		check(t, ask(t, s, "GET", path), 404, "there is no page "+strconv.Quote(path)+"; see /, /metrics, /-/healthy, /-/ready")
	}
}

func TestTelemetryPathAtTheRootReplacesTheLandingPage(t *testing.T) {
	t.Parallel()
	o := options(fake{})
	o.TelemetryPath = "/"
	s := mustNew(t, o)
	check(t, ask(t, s, "GET", "/"), 200, "drift_exporter_build_info")
	check(t, ask(t, s, "GET", "/-/healthy"), 200)
	check(t, ask(t, s, "GET", "/metrics"), 404)
}

func TestExternalURLPrefixesEveryPath(t *testing.T) {
	t.Parallel()
	for _, external := range []string{"https://example.com/team/drift/", "http://[::1]:8001/team/drift", "/team/drift"} {
		o := options(fake{})
		o.ExternalURL = external
		o.EnablePprof = true
		o.EnableLifecycle = true
		s := mustNew(t, o)
		check(t, ask(t, s, "GET", "/team/drift/"), 200,
			`href="/team/drift/metrics"`, `href="/team/drift/-/ready"`, `href="/team/drift/metrics?collect[]=traffic"`, `href="/team/drift/debug/pprof/heap"`)
		check(t, ask(t, s, "GET", "/team/drift/metrics"), 200, "drift_exporter_build_info")
		check(t, ask(t, s, "GET", "/team/drift/-/healthy"), 200)
		check(t, ask(t, s, "GET", "/team/drift/-/ready"), 200)
		check(t, ask(t, s, "POST", "/team/drift/-/reload"), 200)
		check(t, ask(t, s, "GET", "/team/drift/debug/pprof/goroutine?debug=1"), 200, "goroutine profile")
		for _, path := range []string{"/metrics", "/-/healthy", "/-/ready", "/debug/pprof/"} {
			check(t, ask(t, s, "GET", path), 404, "; see /team/drift/, /team/drift/metrics, ")
		}
		w := ask(t, s, "GET", "/")
		check(t, w, 302)
		if got := w.Header().Get("Location"); got != "/team/drift/" {
			t.Errorf("redirected to %q", got)
		}
	}
}

func TestExternalURLPrefixesTelemetryAtTheRoot(t *testing.T) {
	t.Parallel()
	o := options(fake{})
	o.ExternalURL = "https://example.com/drift"
	o.TelemetryPath = "/"
	s := mustNew(t, o)
	check(t, ask(t, s, "GET", "/drift/"), 200, "drift_exporter_build_info")
	if w := ask(t, s, "GET", "/drift"); w.Header().Get("Location") != "/drift/" {
		t.Errorf("status %d, redirected to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestExternalURLWithoutAPathIsTheRoot(t *testing.T) {
	t.Parallel()
	for _, external := range []string{"https://example.com", "https://example.com/", "/"} {
		o := options(fake{})
		o.ExternalURL = external
		check(t, ask(t, mustNew(t, o), "GET", "/"), 200, `href="/metrics"`)
	}
}

func TestPprofOnlyWhenEnabled(t *testing.T) {
	t.Parallel()
	o := options(fake{})
	check(t, ask(t, mustNew(t, o), "GET", "/debug/pprof/"), 404)
	o.EnablePprof = true
	s := mustNew(t, o)
	check(t, ask(t, s, "GET", "/"), 200, "/debug/pprof/heap")
	for _, path := range []string{"", "cmdline", "symbol", "heap", "profile?seconds=1", "trace?seconds=0.01"} {
		check(t, ask(t, s, "GET", "/debug/pprof/"+path), 200)
	}
	check(t, ask(t, s, "POST", "/debug/pprof/symbol"), 200)
}
