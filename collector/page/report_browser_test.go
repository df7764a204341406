package page

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/browser"
)

// A report is as accessible as a page, asks for nothing, and can be printed.
func reportIn(t *testing.T, b *browser.Browser) {
	t.Helper()
	var report bytes.Buffer
	if err := Report(&report, loan(t).Snapshot(t.Context()), watching.Judgement(), clock.Add(-12*time.Hour), 2900); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(report.Bytes()) }))
	t.Cleanup(server.Close)
	phone, paper := browser.View{Width: 360, Height: 740, Dark: true}, browser.View{Width: 794, Height: 1123, Print: true}
	p := b.Open(t, server.URL+"/report.html", phone)
	for _, view := range []browser.View{phone, paper} {
		p.Look(t, view)
		if over := p.Overflow(t); over > 0 {
			t.Errorf("%v: it is %d pixels wider than its view", view, over)
		}
		for _, broken := range p.Axe(t) {
			t.Errorf("%v: %s", view, broken)
		}
	}
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the console says %q", complaints)
	}
	if requests := p.Requests(); len(requests) != 1 {
		t.Errorf("it asks for %q", requests)
	}
}
