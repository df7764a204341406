package review

import (
	"bytes"
	"cmp"
	"fmt"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/deploy/test/browser"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// looks are the sizes and colours in which the page must look right.
var looks = []browser.View{
	{Width: 360, Height: 740}, {Width: 360, Height: 740, Dark: true},
	{Width: 1440, Height: 900}, {Width: 1440, Height: 900, Dark: true},
}

// check looks at a page as a browser sees it: its console is empty, it fits its view, everybody
// can use it, and all requests go to the server.
func check(t *testing.T, o *office, p *browser.Page, view browser.View) {
	t.Helper()
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the console says %q", complaints)
	}
	if over := p.Overflow(t); over > 0 {
		t.Errorf("%s: it is %d pixels wider than its view", view, over)
	}
	for _, request := range p.Requests() {
		if !strings.HasPrefix(request, o.url+"/review") {
			t.Errorf("it asks for %s", request)
		}
	}
	for _, broken := range p.Axe(t) {
		t.Error(broken)
	}
}

// picture writes a screenshot to the folder that the environment variable LOOK names.
func picture(t *testing.T, p *browser.Page, name string, view browser.View) {
	t.Helper()
	if dir := os.Getenv("LOOK"); dir != "" {
		name = fmt.Sprintf("%s-%s.png", name, strings.ReplaceAll(strings.ReplaceAll(view.String(), " px", ""), ", ", "-"))
		if err := os.WriteFile(filepath.Join(dir, name), p.Screenshot(t, true), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shown waits until the page shows another prediction than before, and returns its id.
func shown(t *testing.T, p *browser.Page, before string) string {
	t.Helper()
	p.Until(t, fmt.Sprintf(`document.readyState === 'complete' && !!document.querySelector('[name=prediction_id]') && document.querySelector('[name=prediction_id]').value !== %q`, before))
	return browser.Eval[string](t, p, `document.querySelector('[name=prediction_id]').value`)
}

// Somebody decides ten loans with the keyboard alone, in every look.
func TestTenLoansByKeyboard(t *testing.T) {
	t.Parallel()
	b := browser.Start(t)
	for i, view := range looks {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			o := open(t, loans(t, 40), everyLoan, "")
			p := b.Open(t, o.url+"/review", view)
			check(t, o, p, view)
			picture(t, p, "who", view)
			strokes, pages := 0, 0
			press := func(keys string) {
				p.Type(t, keys)
				strokes += len(keys)
				pages++
			}
			press("Ann\r") // who she is, once
			id := shown(t, p, "")
			if strokes != 4 {
				t.Errorf("%d strokes before the first loan, want 4", strokes)
			}
			check(t, o, p, view)
			picture(t, p, "first", view)
			want := map[string]string{}
			for n := range 10 {
				key := fmt.Sprint((n + i) % 2)
				want[id] = key
				press(key)
				id = shown(t, p, id)
			}
			// One stroke and one page a loan, and no mouse.
			if strokes != 4+10 || pages != 1+10 {
				t.Errorf("%d strokes and %d pages for ten loans, want 14 and 11", strokes, pages)
			}
			check(t, o, p, view)
			picture(t, p, "eleventh", view)
			rows := o.reviews()
			if len(rows) != 10 {
				t.Fatalf("%d reviews", len(rows))
			}
			for _, r := range rows {
				if want[fmt.Sprint(r.PredictionID)] != r.Outcome {
					t.Errorf("review %+v, want %s", r, want[fmt.Sprint(r.PredictionID)])
				}
			}
			// Undo brings the tenth back, and skip puts it away.
			p.Type(t, "u")
			again := shown(t, p, id)
			if again != fmt.Sprint(rows[9].PredictionID) {
				t.Errorf("undo shows prediction %s, want %d", again, rows[9].PredictionID)
			}
			p.Type(t, "s")
			shown(t, p, again)
			// Keys do nothing in a text, or after they were switched off.
			browser.Eval[int](t, p, `document.querySelector('[name=note]').focus(), 0`)
			p.Type(t, "100\r") // nor does Enter there press a button
			browser.Eval[int](t, p, `document.activeElement.blur(), document.querySelector('#keys input').click(), 0`)
			p.Type(t, "1")
			if n := len(o.reviews()); n != 11 {
				t.Errorf("%d reviews, want 11", n)
			}
			if note := browser.Eval[string](t, p, `document.querySelector('[name=note]').value`); note != "100" {
				t.Errorf("the note is %q", note)
			}
		})
	}
}

// Names that come from data or people are text, never markup.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	o := open(t, logOf(t, 2, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{
			Model: "m" + hostile, Version: hostile, Class: hostile, Score: .5, Latency: -1,
			Features: []byte(`{"` + strings.ReplaceAll(hostile, `"`, `\"`) + `": "` + strings.ReplaceAll(hostile, `"`, `\"`) + `", "__proto__": {"a": [1, "</script>"]}, "": "\u202Eabc"}`),
		}
	}), everyLoan, "")
	view := browser.View{Width: 360, Height: 740}
	p := browser.Start(t).Open(t, o.url+"/review?"+url.Values{"reviewer_id": {hostile}}.Encode(), view)
	id := shown(t, p, "")
	check(t, o, p, view)
	picture(t, p, "hostile", view)
	p.Type(t, "1")
	shown(t, p, id)
	check(t, o, p, view)
	if found := browser.Eval[int](t, p, `document.querySelectorAll('script').length + 10 * document.querySelectorAll('main img').length`); found != 1 {
		t.Errorf("%d: there is foreign markup", found)
	}
	if got := o.metric(`drift_outcomes_review_class_accuracy{predicted="__other__",source="officers"}`); got != "0" {
		t.Errorf("accuracy of a class that is no answer: %q", got)
	}
	if rows := o.reviews(); len(rows) != 1 || rows[0].Reviewer != "unauthenticated:"+hostile {
		t.Errorf("reviews %+v", rows)
	}
}

// Without script everything works by buttons.
func TestItWorksWithoutScript(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 2), everyLoan, "")
	_, page := o.get("/review?reviewer_id=ann", nil)
	for _, want := range []string{`<button class="choice" name="outcome" value="repaid"`, `name="action" value="skip"`, `id="keys" hidden`, `method="post" action="review"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	o.decide("ann", "repaid")
	if _, page = o.get("/review?reviewer_id=ann", nil); !strings.Contains(page, `name="action" value="undo"`) {
		t.Error("the page has no button to undo")
	}
}

// The picture of the documentation is written to the folder SCREENSHOTS.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := cmp.Or(os.Getenv("SCREENSHOTS"), t.TempDir())
	o := open(t, loans(t, 40), everyLoan, "")
	o.decide("Ann Miller", "repaid")
	p := browser.Start(t).Open(t, o.url+"/review?reviewer_id=Ann+Miller", browser.View{Width: 1280, Height: 800})
	shot := p.Screenshot(t, false)
	if c, err := png.DecodeConfig(bytes.NewReader(shot)); err != nil || c.Width != 1280 || c.Height != 800 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "review.png"), shot, 0o644); err != nil { // #nosec G306 -- a picture for everybody
		t.Fatal(err)
	}
}
