package page

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A report needs nothing else: its links lead to its own parts and to runbooks.
func TestAReportStandsAlone(t *testing.T) {
	t.Parallel()
	s := drifting(t)
	var b bytes.Buffer
	if err := Report(&b, s.Snapshot(t.Context()), watching.Judgement(), clock.Add(-12*time.Hour), 2100); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	n := 0
	for _, link := range links(t, page) {
		switch id, ours := strings.CutPrefix(link, "#"); {
		case ours && strings.Count(page, `id="`+id+`"`) != 1:
			t.Errorf("there are %d parts %s", strings.Count(page, `id="`+id+`"`), link)
		case ours:
			n++
		case !strings.HasPrefix(link, runbooks):
			t.Errorf("link to %q", link)
		}
	}
	if n < 20 {
		t.Errorf("only %d links", n)
	}
	text := strings.ReplaceAll(textOf(t, page), "\u00a0", " ")
	for _, want := range []string{"2,100 predictions in the log until then", "What changed", "drift detected", "income has drifted", "Bins", "How it went"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, bad := range []string{"<script", " src=", "url(", "@import"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q is in the report", bad)
		}
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`) {
		t.Error("the report has no policy")
	}
}
