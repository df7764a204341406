package respond

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/deploy/test/browser"
)

// looks are the sizes and colours in which the page must look right.
var looks = []browser.View{
	{Width: 360, Height: 740}, {Width: 360, Height: 740, Dark: true},
	{Width: 1440, Height: 900}, {Width: 1440, Height: 900, Dark: true},
}

// check opens the page in every look, with the evidence of all steps: its console is empty, it fits
// its view, everybody can use it, and it asks for nothing but itself. want is on it.
func (r running) check(b *browser.Browser, name, user string, want ...string) {
	for _, view := range looks {
		r.t.Run(name+", "+view.String(), func(t *testing.T) {
			p := b.Open(t, strings.Replace(r.url, "://", "://"+user, 1)+"/", view)
			text := browser.Eval[string](t, p, `document.querySelectorAll('details').forEach(d => d.open = true), document.body.innerText`)
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("no %q on the page:\n%s", part, text)
				}
			}
			if complaints := p.Complaints(); len(complaints) > 0 {
				t.Errorf("the console says %q", complaints)
			}
			if over := p.Overflow(t); over > 0 {
				t.Errorf("it is %d pixels wider than its view", over)
			}
			if asked := p.Requests(); len(asked) != 1 {
				t.Errorf("it asks for %q, want itself only", asked)
			}
			for _, broken := range p.Axe(t) {
				t.Error(broken)
			}
			if dir := os.Getenv("LOOK"); dir != "" {
				file := strings.NewReplacer(" ", "-", ",", "").Replace(fmt.Sprintf("respond-%s-%s.png", name, view))
				if err := os.WriteFile(filepath.Join(dir, file), p.Screenshot(t, true), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// settle sends an alert for each model, and waits until each has a run that ended or waits.
func (r running) settle(models []string, header ...string) {
	r.t.Helper()
	for i, model := range models {
		alert := strings.NewReplacer("<b>loans</b>", model, `"a1"`, fmt.Sprintf(`"a%d"`, i), "ModelAccuracyDrop", strings.Fields(model)[0]).Replace(goodAlert)
		if status, text := r.send(http.MethodPost, "/alerts", notificationOf(alert), header...); status != http.StatusOK {
			r.t.Fatalf("%d %s", status, text)
		}
	}
	var all struct{ Runs []runView }
	for len(all.Runs) < len(models) || slices.ContainsFunc(all.Runs, func(v runView) bool { return !v.Waits && v.Outcome == "" }) {
		_, text := r.send(http.MethodGet, "/api/v1/runs", "", header...)
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			r.t.Fatal(err)
		}
	}
}

const everyEnd = `
dry_run: false
playbooks:
  - {name: ask, alerts: [Waits], steps: [{look: {}}, {build: {}, approve: person}]}
  - {name: all, alerts: [Ends], steps: [{look: {}}, {build: {}}]}
  - {name: broken, alerts: [Fails], steps: [{look: {}}, {swap: {}}]}
  - {name: plan, alerts: [Plans], dry_run: true, steps: [{look: {}}, {build: {}, approve: person}]}
`

func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	b := browser.Start(t)
	long := strings.Repeat("evidence", 60)
	n := &notes{does: map[string]func(context.Context) (Result, error){
		"look": func(context.Context) (Result, error) {
			return Result{Evidence: map[string]any{"accuracy": .71, long: []string{long}}}, nil
		},
		"swap": func(context.Context) (Result, error) { return Result{}, errors.New("put <b>the file</b>: " + long) },
	}}
	models := []string{"Waits for a person", "Ends well", "Fails " + strings.Repeat("x", 200), "Plans only"}

	quiet := start(t, everyEnd, "")
	quiet.check(b, "nothing yet", "", "No alert has started a run yet")

	known := startWith(t, everyEnd, users(t), n)
	known.settle(models, "X-Test-User", "anna:")
	known.check(b, "every end", "anna:secret@", "waits for approval", "Approve step 2", outcomeDone, outcomeFailed, outcomePlanned, "put <b>the file</b>: ev", "0.71")

	unknown := startWith(t, everyEnd, "", n)
	unknown.settle(models[:1])
	unknown.check(b, "no users", "", "Nobody can approve here")
}
