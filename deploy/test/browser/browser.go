// Package browser opens pages in a real browser for tests: Chromium without a window,
// which is asked what a page looks like, what it complains about, where it sends requests
// and, by axe-core, whether everybody can use it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take. Machines of a CI are busy.
const patience = 90 * time.Second

// programs are the names of the browser, in the order in which they are looked for.
var programs = []string{"chromium", "chromium-browser", "google-chrome"}

// Browser is a running browser.
type Browser struct{ ctx context.Context }

// Start starts a browser that ends with the test. Where there is none the test skips.
func Start(t testing.TB) *Browser {
	t.Helper()
	program := ""
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no browser: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("no-sandbox", true), chromedp.WSURLReadTimeout(patience))
	allocator, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		stop()
		end()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return &Browser{ctx}
}

// View is how a page is looked at.
type View struct {
	Width, Height int
	// Dark prefers dark colours, Print is the medium paper.
	Dark, Print bool
}

// String names a view.
func (v View) String() string {
	name := fmt.Sprintf("%d px", v.Width)
	if v.Dark {
		name += ", dark"
	}
	if v.Print {
		name += ", print"
	}
	return name
}

// Page is a page that is open.
type Page struct {
	ctx  context.Context
	view View

	mu        sync.Mutex
	complains []string
	requests  []string
}

// Open opens a page in a tab of its own, which closes with the test.
func (b *Browser) Open(t testing.TB, url string, v View) *Page {
	t.Helper()
	tab, leave := chromedp.NewContext(b.ctx)
	ctx, stop := context.WithTimeout(tab, patience)
	t.Cleanup(func() {
		stop()
		leave()
	})
	p := &Page{ctx: ctx, view: v}
	if err := errors.Join(chromedp.Listen(ctx, p.hear), chromedp.Do(ctx, look(v), chromedp.Navigate(url))); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	return p
}

// Look changes how the page is looked at, without loading it again.
func (p *Page) Look(t testing.TB, v View) {
	t.Helper()
	p.view = v
	if err := chromedp.Do(p.ctx, look(v)); err != nil {
		t.Fatal(err)
	}
}

// look sets how pages are looked at, and has the browser report what they do.
func look(v View) chromedp.Action[chromedp.Void] {
	media := emulation.SetEmulatedMediaParams{Media: "screen", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}}
	if v.Dark {
		media.Features[0].Value = "dark"
	}
	if v.Print {
		media.Media = "print"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		_, err2 := cdp.Call(ctx, t, log.Enable, cdp.Empty{})
		_, err3 := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: 1, Mobile: v.Width < 600,
		})
		_, err4 := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
		return errors.Join(err, err2, err3, err4)
	})
}

// hear notes what a page asks for and complains about.
func (p *Page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *log.EventEntryAdded:
		p.complains = append(p.complains, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *runtime.EventExceptionThrown:
		p.complains = append(p.complains, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.complains = append(p.complains, "console: "+string(e.Type))
	}
}

// Complaints are what the browser has written to its console: errors of scripts, refusals
// by the policy, files that are not there.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.complains...)
}

// Requests are the addresses that the page has asked for, itself first. Data in the page
// is no request.
func (p *Page) Requests() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if !strings.HasPrefix(r, "data:") {
			all = append(all, r)
		}
	}
	return all
}

// Eval returns what an expression of JavaScript gives, once it is there.
func Eval[T any](t testing.TB, p *Page, expression string) T {
	t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, func(e *runtime.EvaluateParams) { e.AwaitPromise = new(true) }))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Overflow is by how many pixels the page is wider than its view, 0 when it fits.
func (p *Page) Overflow(t testing.TB) int {
	t.Helper()
	return max(0, Eval[int](t, p, `document.documentElement.scrollWidth`)-p.view.Width)
}

// Press presses the tabulator key and returns what has the focus then: its text and
// whether it can be seen that it has.
func (p *Page) Press(t testing.TB) (text string, visible bool) {
	t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	focus := Eval[[]string](t, p, `(() => { const e = document.activeElement, s = getComputedStyle(e);
		return [e.textContent.trim() || e.getAttribute('aria-label') || e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 ? 'yes' : 'no'] })()`)
	return focus[0], focus[1] == "yes"
}

// Type presses keys one after the other.
func (p *Page) Type(t testing.TB, keys string) {
	t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		t.Fatal(err)
	}
}

// Until waits until an expression of JavaScript is true, also while the page changes to another.
func (p *Page) Until(t testing.TB, expression string) {
	t.Helper()
	for p.ctx.Err() == nil {
		if yes, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](expression)); err == nil && yes {
			return
		}
	}
	t.Fatalf("never: %s", expression)
}

// Screenshot is the page as PNG: what is in view, or all of it.
func (p *Page) Screenshot(t testing.TB, whole bool) (png []byte) {
	t.Helper()
	err := chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		shot := page.CaptureScreenshotParams{}
		if whole {
			size := Eval[[]float64](t, p, `[document.documentElement.scrollWidth, document.documentElement.scrollHeight]`)
			shot.CaptureBeyondViewport, shot.Clip = new(true), &page.Viewport{Width: size[0], Height: size[1], Scale: 1}
		}
		got, err := cdp.Call(ctx, tab, page.CaptureScreenshot, shot)
		if err == nil {
			png = got.Data
		}
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	return png
}
