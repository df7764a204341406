package respond

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

//go:embed templates/page.html
var markup string

//go:embed templates/style.css
var style string

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) }, // #nosec G203 -- ours, embedded
	"time":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"pretty": func(text string) string {
		var out bytes.Buffer
		if json.Indent(&out, []byte(text), "", "  ") != nil {
			return text
		}
		return out.String()
	},
}).Parse(markup))

// policy allows the page its own style and forms to itself, and no other request.
var policy = "default-src 'none'; style-src " + styleSum() + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func styleSum() string {
	hash := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// view is what the page shows.
type view struct {
	Runs      []pageRun
	Playbooks []Playbook
	Most      int
	// CanApprove says that this process knows who sends a request.
	CanApprove bool
}

type pageRun struct {
	run
	Waits bool
}

// page shows the newest runs, and what they did and why.
func (d *daemon) page(w http.ResponseWriter, _ *http.Request) {
	passwords, err := serve.HasPasswords(*d.options.Web.WebConfigFile)
	if err != nil {
		d.logger.Error("whether passwords are configured is not known", "err", err)
	}
	v := view{Most: maxRuns, CanApprove: passwords, Playbooks: d.engine.playbooks()}
	for _, r := range d.engine.newest(maxRuns) {
		v.Runs = append(v.Runs, pageRun{run: r, Waits: r.waits()})
	}
	var out bytes.Buffer
	if err := pages.Execute(&out, v); err != nil {
		d.logger.Error("the page could not be made", "err", err)
		http.Error(w, "the page could not be made; the log stream of this process says why", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if _, err := out.WriteTo(w); err != nil {
		d.logger.Debug("the page could not be sent", "err", err)
	}
}

// playbooks returns those in use.
func (e *engine) playbooks() []Playbook {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.config.Playbooks
}
