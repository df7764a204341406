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
	// Labels are the labels of the metrics in the headline.
	Labels labels
	Time   piece
	// Links lead to other pages. They are nil if the page stands alone.
	Links []piece
	// Refreshed says how often the browser loads the page again. It is "" if it does not.
	Refreshed string
	// Back leads one level up. Its Text is "" if there is no such page.
	Back piece
	// Interval is the interval of a report. It is nil for a page.
	Interval phrase
	// Alone says that the page has no server.
	Alone bool
	Error string
	// Index lists the models if there are many. Shown says which of them follow.
	Index   []line
	Shown   phrase
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
	Retraining          retraining
	Steps               []phrase
	Changes             []change // of verdicts, the newest first
	Facts               []fact
	Table               table
	Answers             []row
	Versions            *sideBySide
	Judged              judged // of a model that is alone on its page
	Lacks               []string
	Idle                bool
	Alone               bool   // the headline is about it
	Course              string // what the small courses show, in words
	HasCourse, HasTable bool
}

// labels are the labels of the metrics in a part of a page.
type labels struct{ Model, Version string }

// fact is a number by which a model is judged, and its meaning.
type fact struct {
	Term  string
	Value phrase
	Note  phrase
}

// table shows the features of a model, or some of them if there are many.
type table struct {
	Rows []row
	// Shown says which features are shown. It is nil if all are.
	Shown phrase
	// Pages lead to the other pages of the table.
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
	// alone says that the page stands alone: it only links to its own parts.
	alone bool
	// span is the length of the history that is drawn.
	span time.Duration
	// at is the parameter "at" of all links, "" on a page of the present. remembers says that there are pages of
	// the past.
	at        string
	remembers bool
	// values is room for the history of one subject.
	values []draw.Value
}

// address returns an address of ours with a query, at the same time.
func (v *viewer) address(path string, pairs ...string) string {
	if v.at != "" {
		pairs = append(pairs, "at", v.at)
	}
	if q := query(pairs...); q != "?" {
		return path + q
	}
	return path
}

// query returns the part of an address after its path.
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

// link returns the address of the page of a subject.
func (v *viewer) link(m watched, s *subject) string {
	if v.alone {
		return "#" + m.id() + s.id()
	}
	return v.address("drift", "model", m.Name, "version", m.Version, string(s.kind), s.name)
}

// modelLink returns the address of the page of a model and version.
func (v *viewer) modelLink(m watched) string {
	if v.alone {
		return "#" + m.id()
	}
	return v.address("drift", "model", m.Name, "version", m.Version)
}
