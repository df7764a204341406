package page

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/html"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// quoted returns a text as JSON.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// ask requests a path with a query.
func ask(t *testing.T, o Options, target string) *httptest.ResponseRecorder {
	t.Helper()
	return askOf(t, Handlers(o), target)
}

// askOf requests a path with a query from handlers.
func askOf(t *testing.T, handlers map[string]http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	path, _, _ := strings.Cut(target, "?")
	w := httptest.NewRecorder()
	handlers[path].ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody))
	return w
}

func at(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + v.Encode()
}

// textOf returns the text of a page without its markup.
func textOf(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	hidden := false
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return strings.Join(strings.Fields(b.String()), " ")
		case html.StartTagToken, html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "style" {
				hidden = kind == html.StartTagToken
			}
		case html.TextToken:
			if !hidden {
				b.Write(z.Text())
			}
		}
	}
}

func TestNamesAreNeverMarkup(t *testing.T) {
	t.Parallel()
	o := options(drifting(t))
	targets := []string{"/drift", at("/drift", "model", markup), at("/drift", "model", markup, "version", bell), at("/drift", "model", "<b>")}
	for _, f := range hostile {
		targets = append(targets, at("/drift", "model", markup, "version", "2", "feature", f))
	}
	for _, target := range targets {
		got := ask(t, o, target)
		body := got.Body.String()
		for _, bad := range []string{"<script", "<b>", "style=\"", " onload"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %q is in the page", target, bad)
			}
		}
		if text := textOf(t, body); strings.ContainsAny(text, "\a\u202e") {
			t.Errorf("%s: what cannot be seen is in the text:\n%s", target, text)
		}
		if want := map[bool]int{true: 404, false: 200}[strings.Contains(target, "%3Cb%3E")]; got.Code != want {
			t.Errorf("%s: status %d, want %d\n%s", target, got.Code, want, textOf(t, body))
		}
		for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
			if policy := got.Header().Get("Content-Security-Policy"); !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
				t.Errorf("%s: policy %q, want one with %s", target, policy, part)
			}
		}
	}
}

// Every link on a page leads to something.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	o := options(drifting(t))
	seen, todo := map[string]bool{}, []string{"/drift"}
	for len(todo) > 0 {
		target := todo[0]
		todo = todo[1:]
		if seen[target] {
			continue
		}
		seen[target] = true
		got := ask(t, o, target)
		if got.Code != 200 {
			t.Errorf("%s: status %d\n%s", target, got.Code, got.Body)
			continue
		}
		if !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
			continue
		}
		base, _ := url.Parse("http://h/drift")
		for _, link := range links(t, got.Body.String()) {
			to, err := base.Parse(link)
			switch {
			case err != nil:
				t.Errorf("%s: link %q: %v", target, link, err)
			case to.Host != "h":
				if !strings.HasPrefix(link, runbooks) {
					t.Errorf("%s: link to elsewhere: %q", target, link)
				}
			case strings.HasPrefix(link, "#"), to.Path == "/metrics", link == "data:,":
			default:
				todo = append(todo, to.RequestURI())
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d pages were found", len(seen))
	}
}

func links(t *testing.T, page string) (all []string) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		if z.Next() == html.ErrorToken {
			return all
		}
		for _, a := range z.Token().Attr {
			if a.Key == "href" && a.Val != "data:," {
				all = append(all, a.Val)
			}
		}
	}
}

func TestPicturesAreWellFormedXML(t *testing.T) {
	t.Parallel()
	o := options(drifting(t))
	targets := []string{at("/drift.svg", "model", markup, "prediction", "score"), at("/drift.svg", "prediction", "class")}
	for _, f := range hostile {
		targets = append(targets, at("/drift.svg", "model", markup, "version", "2", "feature", f))
	}
	for _, target := range targets {
		got := ask(t, o, target)
		if got.Code != 200 || got.Header().Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s: %d %s", target, got.Code, got.Header())
		}
		for d := xml.NewDecoder(got.Body); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", target, err)
				break
			}
		}
	}
}

func TestWrongAddressesAreAnsweredWithWhatThereIs(t *testing.T) {
	t.Parallel()
	o := options(drifting(t))
	for target, want := range map[string]struct {
		status int
		says   string
	}{
		"/drift?nonsense=1":                    {400, `no parameter "nonsense"`},
		"/drift?model=a&model=b":               {400, "given 2 times"},
		"/drift?page=0":                        {400, "1 or more"},
		"/drift?page=x":                        {400, "1 or more"},
		"/drift?%zz":                           {400, "invalid URL escape"},
		"/drift?feature=a&prediction=score":    {400, "not both"},
		"/drift?model=nobody":                  {404, "no model and version is so"},
		"/drift?feature=nobody":                {404, `no feature is called "nobody"`},
		"/drift?prediction=nobody":             {404, `there are "class", "score"`},
		"/drift.svg":                           {400, "name what the picture is of"},
		"/drift.svg?feature=nobody":            {404, "no feature is called"},
		"/api/v1/drift?feature=nobody":         {404, "no feature is called"},
		"/api/v1/drift?page=1":                 {400, "no parameter"},
		"/api/v1/drift?model=nobody&version=1": {404, "no model and version is so"},
	} {
		got := ask(t, o, target)
		if got.Code != want.status || !strings.Contains(strings.ReplaceAll(html.UnescapeString(got.Body.String()), `\"`, `"`), want.says) {
			t.Errorf("%s: %d, want %d with %q\n%s", target, got.Code, want.status, want.says, got.Body)
		}
	}
}

func TestTheJSONIsWhatItsSchemaSays(t *testing.T) {
	t.Parallel()
	empty := follow(t, &memory{}, window.Spec{Name: "m", References: []*reference.Reference{newWorld(2, "x", "y").reference(t, "m", "")}})
	broken := follow(t, &memory{err: errors.New("no such file")}, window.Spec{Name: "m"})
	o := options(drifting(t))
	o.LastValues = true
	for _, one := range []struct {
		o      Options
		target string
	}{
		{o, "/api/v1/drift"},
		{o, at("/api/v1/drift", "model", markup)},
		{o, at("/api/v1/drift", "model", markup, "version", "2", "feature", ordinary)},
		{o, at("/api/v1/drift", "model", markup, "prediction", "score")},
		{o, at("/api/v1/drift", "model", markup, "prediction", "class")},
		{options(empty), "/api/v1/drift"},
		{options(broken), "/api/v1/drift"},
	} {
		holds(t, one.o, one.target)
	}
	if got := ask(t, o, "/api/v1/drift.schema.json"); !bytes.Equal(got.Body.Bytes(), Schema()) {
		t.Error("another schema is served")
	}
}

// holds tests that an answer is what the schema says.
func holds(t *testing.T, o Options, target string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(ask(t, o, target).Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(value); err != nil {
		t.Errorf("%s: %v", target, err)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("drift.schema.json", text); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("drift.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The newest value of a feature comes from a single request. If it is turned off in the metrics,
// it is not shown here either.
func TestLastValuesAreShownOnlyWhereTheMetricsShowThem(t *testing.T) {
	t.Parallel()
	o := options(drifting(t))
	if body := ask(t, o, "/api/v1/drift").Body.String(); strings.Contains(body, `"last"`) {
		t.Error("the JSON has a last value")
	}
	o.LastValues = true
	if body := ask(t, o, "/api/v1/drift").Body.String(); !strings.Contains(body, `"last"`) {
		t.Error("the JSON has no last value")
	}
}

// Each state says what it is, and none of them looks like good news.
func TestThePageSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(2, "x", "y")
	r := w.reference(t, "m", "")
	spec := window.Spec{Name: "m", References: []*reference.Reference{r}}
	log := func(n int, moved float64) *memory {
		l := &memory{}
		w.add(l, "m", "1", n, time.Second, moved)
		return l
	}
	silent := log(300, 0)
	silent.feedback = nil
	old := follow(t, log(300, 0), spec)
	old.now = clock.Add(72 * time.Hour)
	stale := follow(t, log(300, 0), spec)
	stale.now = clock.Add(3 * time.Hour)
	for name, test := range map[string]struct {
		source fixed
		want   []string
		not    string
	}{
		"no log":         {follow(t, &memory{err: errors.New("no such file")}, spec), []string{"the prediction log cannot be read", "no such file", "PredictionLogUnreadable"}, "✓"},
		"reading":        {follow(t, &memory{err: fmt.Errorf("read on: %w", context.DeadlineExceeded)}, spec), []string{"the prediction log is still being read", "Wait: this request took as long as it may"}, "cannot be read"},
		"no predictions": {follow(t, &memory{}, spec), []string{"m: It has had no predictions yet", "Not known", "There are no predictions, so there are no outcomes", "Send it predictions"}, "✓"},
		"few":            {follow(t, log(12, 0), spec), []string{"12 predictions so far: a verdict takes 50", "too few predictions", "Wait for 38 more predictions"}, "✓"},
		"no reference":   {follow(t, log(300, 0), window.Spec{Name: "m"}), []string{"no reference serves this version", "ModelReferenceMissing"}, "✓"},
		"no known":       {follow(t, log(300, 0), window.Spec{Name: "m", References: []*reference.Reference{w.unlabelled(t, "m")}}), []string{"The reference has no outcomes", "Make the reference again from rows with outcomes"}, ""},
		"no outcomes":    {follow(t, silent, spec), []string{"No outcome has come", "Going by its scores", "Send what really happened"}, "of the newest"},
		"quiet":          {follow(t, log(300, 0), spec), []string{"m 1: No drift in 2 features", "What to doNothing"}, "▲"},
		"drift":          {follow(t, log(900, 2), spec), []string{"m 1: 1 of 2 features has drifted", "x since 0", "significant", "ModelFeatureDrift"}, ""},
		"stale":          {stale, []string{"The last prediction came 3 hours ago"}, ""},
		"idle":           {old, []string{"it is not served any more"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, options(test.source), "/drift")
			text := strings.ReplaceAll(textOf(t, got.Body.String()), "\u00a0", " ")
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
			if test.not != "" && strings.Contains(text, test.not) {
				t.Errorf("%q is in:\n%s", test.not, text)
			}
		})
	}
}
