package page

import (
	"net/url"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
)

// page is what a template shows.
type page struct {
	Title    string
	Headline phrase
	State    state
	// Labels are those of the metrics in the headline.
	Labels labels
	Time   piece
	// Links lead to other pages, nil where the page stands alone.
	Links []piece
	// Back leads one level up, with Text "" where there is none.
	Back piece
	// Interval is what a report is about, nil for a page.
	Interval phrase
	// Alone says that no server is behind the page.
	Alone   bool
	Error   string
	Models  []model
	Details []detail
	Notes   []phrase
}

// model is one model and version on a page, or a model with all its versions.
type model struct {
	ID                  string
	Name, Version       piece
	Labels              labels
	Sentence            phrase
	State               state
	Which               []phrase // has drifted
	Harm                string
	HarmWhy             phrase
	Steps               []phrase
	Changes             []change // of verdicts, the newest first
	Facts               []fact
	Table               table
	Answers             []row
	Versions            *sideBySide
	Lacks               []string
	Idle                bool
	Alone               bool   // the headline is about it
	Course              string // what the small courses show, in words
	HasCourse, HasTable bool
}

// labels are those of the metrics on a part of a page.
type labels struct{ Model, Version string }

// fact is a number that a model is judged by, and what it means.
type fact struct {
	Term  string
	Value phrase
	Note  phrase
}

// table is the features of a model, some of them where they are many.
type table struct {
	Rows []row
	// Shown says which ones they are, nil for all of them.
	Shown phrase
	// Pages lead to the others.
	Pages []piece
}

// row is one subject in a table.
type row struct {
	Name      piece
	Kind      kind
	Feature   string // the label, "" for score and class
	State     state
	Verdict   string
	Since     phrase
	Band      string
	Severity  piece
	Corrected piece
	PValue    piece
	Columns   draw.Columns
	Course    draw.Course
	Says      string // what the picture shows
	Quality   []phrase
}

// viewer makes pages of one assessment.
type viewer struct {
	a         *assess.Assessment
	all       []watched
	judgement assess.Judgement
	// alone says that the page stands for itself: it links to its own parts only.
	alone bool
	// span is the time that courses show.
	span time.Duration
}

// query is the part of an address behind its path.
func query(pairs ...string) string {
	text := "?"
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" && pairs[i] != "version" {
			continue
		}
		if len(text) > 1 {
			text += "&"
		}
		text += pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return text
}

// link is the address of what is known of a subject.
func (v *viewer) link(m watched, s *subject) string {
	if v.alone {
		return "#" + m.id() + s.id()
	}
	return "drift" + query("model", m.Name, "version", m.Version, string(s.kind), s.name)
}

// modelLink is the address of a model and version.
func (v *viewer) modelLink(m watched) string {
	if v.alone {
		return "#" + m.id()
	}
	return "drift" + query("model", m.Name, "version", m.Version)
}
