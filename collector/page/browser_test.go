package page

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/deploy/test/browser"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// looks are the sizes and colours in which pages must look right.
var looks = []browser.View{
	{Width: 360, Height: 740}, {Width: 360, Height: 740, Dark: true},
	{Width: 1440, Height: 900}, {Width: 1440, Height: 900, Dark: true},
	{Width: 2560, Height: 1440}, {Width: 2560, Height: 1440, Dark: true},
	{Width: 794, Height: 1123, Print: true},
}

// loan is a model with ordinary names. Two of its features drift.
func loan(t *testing.T) fixed {
	t.Helper()
	w := newWorld(3, "income", "purpose", "interest_rate", "credit_score", "loan_amount", "debt_to_income_ratio", "loan_term", "home_value")
	r := w.reference(t, "loan_refinance", "")
	l := &memory{}
	w.add(l, "loan_refinance", "2026-10", 2500, 20*time.Second, 0)
	w.add(l, "loan_refinance", "2026-10", 400, 20*time.Second, .6)
	return follow(t, l, window.Spec{Name: "loan_refinance", References: []*reference.Reference{r}})
}

// sites are the pages that are tested: a name, what is served, and the address.
func sites(t *testing.T) map[string]struct {
	Options
	target string
} {
	t.Helper()
	w := newWorld(2, "x", "y")
	spec := window.Spec{Name: "m", References: []*reference.Reference{w.reference(t, "m", "")}}
	few := &memory{}
	w.add(few, "m", "1", 12, time.Second, 0)
	loans, names := options(loan(t)), options(drifting(t))
	past, _ := remembering(t)
	full := func(n int) *memory {
		l := &memory{}
		w.add(l, "m", "1", n, time.Second, 0)
		return l
	}
	silent, many := full(300), &memory{}
	silent.feedback = nil
	var fifty []window.Spec
	for i := range 50 {
		model := fmt.Sprintf("model_%02d", i)
		w.add(many, model, "1", 60, time.Second, float64(i%3))
		fifty = append(fifty, window.Spec{Name: model, References: spec.References})
	}
	wide := make([]string, 1000)
	for i := range wide {
		wide[i] = fmt.Sprintf("feature_%04d", i)
	}
	thousand, rows := newWorld(4, wide...), &memory{}
	thousand.add(rows, "wide", "1", 120, time.Second, 2)
	type site = struct {
		Options
		target string
	}
	return map[string]site{
		"drift":        {loans, "/drift"},
		"feature":      {loans, "/drift?feature=income"},
		"score":        {loans, "/drift?prediction=score"},
		"names":        {names, "/drift"},
		"name":         {names, at("/drift", "model", markup, "version", "2", "feature", markup)},
		"few":          {options(follow(t, few, spec)), "/drift"},
		"none":         {options(follow(t, &memory{}, spec)), "/drift"},
		"broken":       {options(follow(t, &memory{err: errors.New("open predictions.db: no such file or directory; start the predictor first")}, spec)), "/drift"},
		"silent":       {options(follow(t, silent, spec)), "/drift"},
		"no reference": {options(follow(t, full(300), window.Spec{Name: "m"})), "/drift"},
		"unlabelled":   {options(follow(t, full(300), window.Spec{Name: "m", References: []*reference.Reference{w.unlabelled(t, "m")}})), "/drift"},
		"bigquery":     {options(failing{follow(t, full(300), window.Spec{Name: "m"})}), "/drift"},
		"fifty models": {options(follow(t, many, fifty...)), "/drift"},
		"thousand":     {options(follow(t, rows, window.Spec{Name: "wide", References: []*reference.Reference{thousand.reference(t, "wide", "")}})), "/drift"},
		"past":         {past, at("/drift", "at", clock.Format(time.RFC3339))},
		"regression":   {options(ofType(t, value.Regression, 20)), "/drift"},
		"classes":      {options(ofType(t, value.Multiclass, 0)), "/drift"},
		"failed":       {options(failed(t)), "/drift"},
		"shadowed":     {options(shadowed(t, failed(t), .1)), "/drift"},
		"missing":      {loans, "/drift?feature=nobody"},
	}
}

// One browser and one set of models serve all tests that need a browser, each in a tab of its own.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	b, all := browser.Start(t), sites(t)
	for name, site := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAllLooks(t, b, name, serve(t, site.Options)+site.target)
		})
	}
	loans := serve(t, all["drift"].Options)
	t.Run("a report", func(t *testing.T) { t.Parallel(); reportIn(t, b) })
	t.Run("screenshots", func(t *testing.T) { t.Parallel(); screenshots(t, b, loans) })
	t.Run("the keyboard reaches every link", func(t *testing.T) { t.Parallel(); keyboard(t, b, loans) })
	t.Run("refreshed without losing place", func(t *testing.T) { t.Parallel(); refreshed(t, b, loans) })
}

// serve serves pages and returns the address of the server.
func serve(t *testing.T, o Options) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, handler := range Handlers(o) {
		mux.Handle(path, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// Every page fits its view, logs nothing to the console, requests nothing but itself, and is
// accessible, light and dark, on a phone and on a wall. If LOOK is set, all pages are tested in
// all looks, and pictures of them are written there.
func inAllLooks(t *testing.T, b *browser.Browser, name, address string) {
	t.Helper()
	dir := os.Getenv("LOOK")
	var p *browser.Page
	for _, view := range looks {
		if dir == "" && !worthLook(name, view) {
			continue
		}
		if p == nil || dir != "" { // all looks take longer than one tab may be open
			p = b.Open(t, address, view)
		} else {
			p.Look(t, view)
		}
		if over := p.Overflow(t); over > 0 {
			t.Errorf("%v: it is %d pixels wider than its view", view, over)
		}
		if dir != "" {
			save(t, filepath.Join(dir, fmt.Sprintf("%s-%s.png", name, strings.ReplaceAll(strings.ReplaceAll(view.String(), " px", ""), ", ", "-"))), p.Screenshot(t, true))
		}
		for _, broken := range p.Axe(t) {
			t.Errorf("%v: %s", view, broken)
		}
	}
	if complaints := p.Complaints(); len(complaints) > 0 && name != "missing" {
		t.Errorf("the console says %q", complaints)
	}
	if requests := p.Requests(); len(requests) != 1 || requests[0] != address {
		t.Errorf("it asks for %q", requests)
	}
}

// worthLook leaves out views that differ from another view only in size or only in colours.
func worthLook(name string, v browser.View) bool {
	if name == "drift" || name == "feature" {
		return v.Print || v.Dark == (v.Width == 1440)
	}
	return v.Width == 360 && v.Dark
}

func save(t *testing.T, path string, png []byte) {
	t.Helper()
	if err := os.WriteFile(path, png, 0o644); err != nil { // #nosec G306 -- a picture for everybody
		t.Fatal(err)
	}
}

// The pictures of the README are written to the folder SCREENSHOTS.
func screenshots(t *testing.T, b *browser.Browser, server string) {
	t.Helper()
	dir := cmp.Or(os.Getenv("SCREENSHOTS"), t.TempDir())
	for file, target := range map[string]string{"page.png": "/drift", "page-feature.png": "/drift?feature=income"} {
		p := b.Open(t, server+target, browser.View{Width: 1280, Height: 1000})
		picture := p.Screenshot(t, false)
		if c, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || c.Width != 1280 || c.Height != 1000 {
			t.Errorf("%s: %+v, %v", file, c, err)
		}
		save(t, filepath.Join(dir, file), picture)
	}
}

// The keyboard reaches everything that the mouse reaches, in the order of the page, and the focus
// is visible.
func keyboard(t *testing.T, b *browser.Browser, server string) {
	t.Helper()
	p := b.Open(t, server+"/drift", browser.View{Width: 1440, Height: 900})
	links := browser.Eval[[]string](t, p, `[...document.querySelectorAll('a[href], summary')].map(a => a.textContent.trim())`)
	for i, want := range links {
		if got, visible := p.Press(t); got != want || !visible {
			t.Fatalf("after %d tabulators the focus is on %q (visible: %v), want %q", i+1, got, visible, want)
		}
	}
	if len(links) < 15 || links[0] != "Skip to the content" {
		t.Errorf("links %q", links)
	}
}

// A page that is asked to refresh is loaded again and again, and stays where the reader is. Its
// link stops that.
func refreshed(t *testing.T, b *browser.Browser, server string) {
	t.Helper()
	p := b.Open(t, server+"/drift?refresh=3600", browser.View{Width: 360, Height: 740})
	for _, broken := range p.Axe(t) {
		t.Error(broken)
	}
	p = b.Open(t, server+"/drift?refresh=1", browser.View{Width: 360, Height: 740})
	p.Until(t, `(() => {
		if (document.readyState !== 'complete') return false
		if (!window.counted) {
			window.counted = true
			sessionStorage.loads = 1 + Number(sessionStorage.loads || 0)
			if (sessionStorage.loads === '1') scrollTo(0, 777)
		}
		return sessionStorage.loads >= 3 && scrollY === 777 && location.search === '?refresh=1'
	})()`)
	p.Until(t, `(() => {
		const stop = [...document.links].find(a => a.textContent === 'Stop refreshing')
		if (stop) stop.click()
		return !stop && location.search === '' && document.readyState === 'complete'
	})()`)
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the console says %q", complaints)
	}
}

// Colours alone never carry a meaning: without colours, each state has its own sign and its own
// word.
func TestStatesDifferWithoutColours(t *testing.T) {
	t.Parallel()
	words, marks := map[string]bool{}, map[string]bool{}
	for _, s := range []state{drifted, unknown, quiet} {
		words[s.Word()], marks[s.Mark()] = true, true
	}
	if len(words) != 3 || len(marks) != 3 {
		t.Errorf("words %v, signs %v", words, marks)
	}
}
