package page

import (
	"html/template"
	"strings"
)

// HTML returns the markup of a phrase. A page has thousands of phrases, and templates that look at
// each of the parts of each take half of the time of a page.
func (p phrase) HTML() template.HTML {
	var b strings.Builder
	for i := range p {
		p[i].write(&b)
	}
	return template.HTML(b.String()) // #nosec G203 -- write escapes every part
}

// HTML returns the markup of a piece.
func (p piece) HTML() template.HTML { return phrase{p}.HTML() }

// write writes the markup of a piece. Whatever comes from outside goes through escaped, in texts
// and in attributes alike. Links are ours: their parts are escaped where they are made.
func (p *piece) write(b *strings.Builder) {
	if p.Link != "" {
		attribute(b, "<a", " href", p.Link)
		b.WriteString(">")
	}
	if p.Strong {
		b.WriteString("<strong>")
	}
	switch {
	case p.Time != "":
		attribute(b, "<time", " datetime", p.Time)
		attribute(b, "", " title", p.Title)
		b.WriteString(">" + escaped(p.Text) + "</time>")
	case p.Value != "":
		attribute(b, "<data", " value", p.Value)
		attribute(b, "", " data-metric", p.Metric)
		attribute(b, "", " data-feature", p.Feature)
		attribute(b, "", " data-"+p.Key, p.Label)
		b.WriteString(">" + escaped(p.Text) + "</data>")
	case p.Foreign:
		b.WriteString("<bdi>" + escaped(p.Text) + "</bdi>")
	default:
		b.WriteString(escaped(p.Text))
	}
	if p.Strong {
		b.WriteString("</strong>")
	}
	if p.Link != "" {
		b.WriteString("</a>")
	}
}

// attribute writes what comes before an attribute, and the attribute unless it is empty.
func attribute(b *strings.Builder, before, name, value string) {
	b.WriteString(before)
	if value != "" {
		b.WriteString(name + `="` + escaped(value) + `"`)
	}
}

func escaped(text string) string { return template.HTMLEscapeString(text) }
