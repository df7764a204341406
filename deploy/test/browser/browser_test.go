package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A page with faults of every kind: whoever relies on this package must not pass because
// it sees nothing.
const faulty = `<!DOCTYPE html><html><head><title>faulty</title></head><body style="margin:0">
<p style="color:#ccc;background:#fff">pale</p><img src="/absent.png"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
<div style="width:3000px">wide</div><a href="/x" style="outline:none">link</a><script>document.title='script'</script></body></html>`

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "script-src 'none'")
		fmt.Fprint(w, faulty)
	}))
	defer server.Close()
	p := Start(t).Open(t, server.URL, View{Width: 400, Height: 600})
	if got := p.Requests(); !slices.Contains(got, server.URL+"/absent.png") || len(got) > 3 {
		t.Errorf("requests %q", got)
	}
	complaints := strings.Join(p.Complaints(), "\n")
	for _, want := range []string{"404", "Content Security Policy"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("no %q among the complaints:\n%s", want, complaints)
		}
	}
	if p.Overflow(t) < 1000 {
		t.Errorf("overflow of %d pixels", p.Overflow(t))
	}
	if text, visible := p.Press(t); text != "link" || visible {
		t.Errorf("the focus is on %q, visible %v", text, visible)
	}
	if png := p.Screenshot(t, true); !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("a screenshot of %d bytes is no PNG", len(png))
	}
	broken := strings.Join(p.Axe(t), "\n")
	for _, want := range []string{"color-contrast", "image-alt", "html-has-lang"} {
		if !strings.Contains(broken, want) {
			t.Errorf("no %q among what axe-core found:\n%s", want, broken)
		}
	}
}
