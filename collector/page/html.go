package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
)

//go:embed templates/*.html templates/*.svg
var files embed.FS

//go:embed templates/style.css
var style string

// templates are parsed once. A mistake in them is a programming error, and every test finds it.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"style":  func() template.CSS { return template.CSS(style) }, // #nosec G203 -- ours, embedded
	"policy": func() string { return policy },
	"add":    func(a, b int) int { return a + b },
}).ParseFS(files, "templates/*.html", "templates/*.svg"))

// policy allows a page its own style and nothing else: no script, no frame, no form and no
// request.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
}()

// html answers with a page.
func (s *server) html(w http.ResponseWriter, r *http.Request) {
	c, err := choose(r, "page", "refresh")
	if err != nil {
		s.sorry(w, err)
		return
	}
	v, err := s.viewer(r, c, s.Judgement.Outline)
	if err != nil {
		s.sorry(w, err)
		return
	}
	var p page
	if c.kind != "" {
		m, found, err := v.subject(c)
		if err != nil {
			s.sorry(w, err)
			return
		}
		p = v.about(m, found)
	} else {
		all, err := v.models(c)
		if err != nil {
			s.sorry(w, err)
			return
		}
		p = v.overview(all, c.page)
		if !c.anyModel && len(v.all) > len(all) {
			p.Back = piece{Text: "All models", Link: v.address("drift")}
		}
	}
	s.links(&p, r, &c)
	refresh(w, c.refresh)
	write(w, http.StatusOK, "page.html", &p)
}

// about returns the page of one subject.
func (v *viewer) about(m watched, s *subject) page {
	p := v.page()
	d := v.detail(m, s)
	p.Details = []detail{d}
	p.Headline, p.State = d.Sentence, d.State
	p.Title = d.Sentence.Plain() + ", " + d.Model.Text + " " + d.Version.Text
	p.Back = piece{Text: strings.TrimSpace(d.Model.Text + " " + d.Version.Text), Link: v.modelLink(m), Foreign: true}
	return p
}

// sorry answers with a page that says what is wrong with an address.
func (s *server) sorry(w http.ResponseWriter, err error) {
	p := page{Title: "Nothing to see", Headline: say("There is nothing to see"), State: unknown, Error: err.Error(), Back: piece{Text: "All models", Link: "drift"}}
	write(w, status(err), "page.html", &p)
}

// write answers with a page, whole or not at all.
func write(w http.ResponseWriter, status int, name string, p *page) {
	var b bytes.Buffer
	if err := render(&b, name, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header(w, "text/html; charset=utf-8", policy+"; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that has gone is no error of ours
}

func render(w io.Writer, name string, data any) error {
	if err := templates.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	return nil
}

// header sets the headers that all answers have. Answers must not be cached, because they show
// the current state.
func header(w http.ResponseWriter, kind, policy string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}
