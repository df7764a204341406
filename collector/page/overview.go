package page

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// The number of features that a table shows. A model with its own page shows perPage features. A
// model that shares the page shows those that have drifted, at least fewest and at most
// mostWorst.
const (
	perPage   = 50
	fewest    = 4
	mostWorst = 12
)

// every is the number of the page that shows all features.
const every = -1

// overview returns the page of some models and versions.
func (v *viewer) overview(shown []watched, number int) page {
	p, several, lines := v.page(), len(shown) > 1, v.lines(shown)
	p.headline(v, shown, lines)
	if len(shown) > mostFull {
		shown, p.Index = worstFirst(shown, lines)
		if !v.alone {
			shown, p.Shown = shown[:mostFull], inFull(mostFull)
		}
	}
	for i, m := range shown {
		at := model{}
		if i == 0 || m.Name != shown[i-1].Name {
			at.Versions = v.sideBySide(m.Name, shown)
		}
		v.describe(&at, m, several, number)
		p.Models = append(p.Models, at)
	}
	if !several && len(p.Models) == 1 {
		p.Models[0].Alone, p.Labels = true, p.Models[0].Labels
	}
	return p
}

// page returns the common beginning of every page.
func (v *viewer) page() page {
	p := page{Time: piece{Text: words.Clock(v.a.Time), Time: v.a.Time.UTC().Format(time.RFC3339Nano)}, Error: words.Plain(v.a.Error)}
	if v.at != "" {
		p.Notes = append(p.Notes, say("This is what the page said then, as the log has it, against the references of now. ", piece{Text: "See now", Link: "drift"}, "."))
	}
	for _, l := range v.a.Loads {
		if l.Checked == nil {
			p.Notes = append(p.Notes, say("The reference of ", name(l.Model), " has not been counted yet in ", name(l.Source), ": ", words.Plural(l.Failures, "failure"), " so far. The log of the exporter says why: ", runbook("ModelReferenceMissing"), "."))
		}
	}
	if n := v.a.DroppedVersions; n != nil && *n > 0 {
		p.Notes = append(p.Notes, say(words.Plural(*n, "older version"), " left out: --versions.max bounds how many are shown."))
	}
	if n := v.a.InvalidRows; n != nil && *n > 0 && v.at == "" { // a page of the past does not read all rows
		p.Notes = append(p.Notes, say(words.Plural(*n, "row"), " of the log cannot be read: ", runbook("PredictionLogInvalidRows"), "."))
	}
	return p
}

// headline sets the headline of a page.
func (p *page) headline(v *viewer, shown []watched, lines []line) {
	defer func() { p.Title = p.Headline.Plain() }()
	if len(shown) == 1 {
		one := &lines[0]
		p.Headline, p.State = say(title(name(one.Labels.Model), one.Version), ": ", one.Sentence), one.State
		if one.Idle {
			p.Headline = say(p.Headline, "; it is not served any more")
		}
		return
	}
	bad, open, served, dropped := int64(0), int64(0), int64(0), false
	for i := range lines {
		if lines[i].Idle {
			continue
		}
		served++
		switch lines[i].State {
		case drifted:
			bad++
			dropped = dropped || lines[i].Dropped
		case unknown:
			open++
		case quiet:
		}
	}
	all := words.Plural(int64(len(shown)), "model version")
	switch {
	case v.a.Error != "":
		p.Headline, p.State = say("The prediction log ", v.unread()), unknown
	case len(shown) == 0:
		p.Headline, p.State = say("No model is watched"), unknown
	case bad > 0:
		p.Headline, p.State = say(words.Count(bad), " of ", words.Plural(served, "served model version"), haveDrifted(int(bad))), drifted
		if dropped {
			p.Headline = say(p.Headline, " or lost accuracy")
		}
	case open > 0:
		p.Headline, p.State = say("No drift is known of, but ", words.Count(open), " of ", all, " have no verdict"), unknown
	case served == 0:
		p.Headline, p.State = say("None of ", all, " is served any more"), unknown
	default:
		p.Headline, p.State = say("No drift in ", words.Plural(served, "served model version")), quiet
	}
}

// Title returns the name of a model and version.
func (m *model) Title() phrase { return title(m.Name, m.Version) }

func title(name, version piece) phrase {
	if version.Text == "" {
		return say(name)
	}
	return say(name, " ", version)
}

// describe fills in what is shown about one model and version.
func (v *viewer) describe(to *model, m watched, several bool, number int) {
	to.ID, to.Name, to.Version = m.id(), name(m.Name), name(m.Version)
	if several {
		to.Name = linked(to.Name, v.modelLink(m))
	}
	to.Labels = labels{m.Name, m.Version}
	to.Sentence, to.State = v.verdict(m)
	to.Idle = idle(m, v.a.Time)
	to.Which = v.which(m)
	to.Harm, to.HarmWhy = v.harm(m)
	to.Retraining = v.retrainingOf(m)
	to.Steps = v.steps(m, to.Harm == "Yes")
	to.Facts = v.facts(m)
	if m.Reference != nil {
		to.Lacks = m.Reference.Lacks
	}
	to.Table = v.table(m, several, number)
	for _, s := range m.answers {
		to.Answers = append(to.Answers, v.row(m, s))
	}
	to.Changes = v.changed(m)
	if !several || v.alone {
		to.Judged = v.judgedOf(m)
	}
	to.HasTable = len(to.Table.Rows)+len(to.Answers) > 0
	to.Course = "The last " + words.Duration(v.span)
}

// mostChanged is the maximum number of changes of verdicts that are shown for a model.
const mostChanged = 12

// changed returns the newest changes of all verdicts of a model, the newest first.
func (v *viewer) changed(m watched) (shown []change) {
	type one struct {
		*assess.Change

		of *subject
	}
	var all []one
	for _, list := range [][]*subject{m.features, m.answers} {
		for _, s := range list {
			for _, c := range slices.Backward(v.judgement.ChangesOf(s.of)) {
				if v.before(&c) {
					break
				}
				all = append(all, one{&c, s})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b one) int { return b.Time.Compare(a.Time) })
	if len(all) > mostChanged && !v.alone {
		all = all[:mostChanged]
	}
	for _, c := range all {
		shown = append(shown, v.change(m, c.of, c.Change))
	}
	return shown
}

// mostWhich is the maximum number of drifted features that are named.
const mostWhich = 5

// which says what has drifted, since when, and how far.
func (v *viewer) which(m watched) (all []phrase) {
	more := int64(0)
	for _, list := range [][]*subject{m.features, m.answers} {
		for _, s := range list {
			if s.state() != drifted {
				continue
			}
			if len(all) == mostWhich {
				more++
				continue
			}
			p := say(linked(name(s.name), v.link(m, s)))
			if s.kind == ofAnswer {
				p = say("its ", p)
			}
			if since := sinceOf(s.Since, v.a.Time); since != nil {
				p = say(p, " ", since)
			}
			if s.Test != nil {
				size := corrected(s)
				if s.kind == ofFeature {
					size.Feature = s.name
				}
				p = say(p, ": ", strong(s.band()), ", ", size)
			}
			all = append(all, p)
		}
	}
	if more > 0 {
		all = append(all, say("and ", words.Count(more), " more"))
	}
	return all
}

// corrected returns the size of a divergence above the noise.
func corrected(s *subject) piece {
	if s.kind == ofAnswer {
		return piece{Text: words.Nats(s.Test.Corrected), Value: words.Exact(s.Test.Corrected)}
	}
	return number("feature_kl_divergence_corrected", s.Test.Corrected, words.Nats(s.Test.Corrected))
}

// table returns the features of a model: a page of them, or the worst.
func (v *viewer) table(m watched, several bool, number int) (t table) {
	subjects := m.features
	from, to := 0, len(subjects)
	switch {
	case v.alone || number == every:
	case several:
		to = min(to, max(fewest, min(mostWorst, driftedOf(subjects))))
		if to < len(subjects) {
			t.Pages = []piece{{Text: "all " + words.Plural(int64(len(subjects)), "feature"), Link: v.modelLink(m)}}
		}
	default:
		from = min(len(subjects), (number-1)*perPage)
		to = min(len(subjects), from+perPage)
		t.Pages = v.pages(m, len(subjects), number)
	}
	if to-from < len(subjects) {
		t.Shown = say(fmt.Sprintf("%s to %s of %s, the worst first", words.Count(int64(from+1)), words.Count(int64(to)), words.Plural(int64(len(subjects)), "feature")))
	}
	for i := from; i < to; i++ {
		t.Rows = append(t.Rows, v.row(m, subjects[i]))
	}
	return t
}

// driftedOf returns how many of the subjects have drifted. The worst must be first.
func driftedOf(subjects []*subject) (n int) {
	for n < len(subjects) && subjects[n].state() == drifted {
		n++
	}
	return n
}

// pages returns links to the other pages of a table, or nothing if there is only one page.
func (v *viewer) pages(m watched, features, number int) (all []piece) {
	last := (features + perPage - 1) / perPage
	if last < 2 {
		return nil
	}
	for i := 1; i <= last; i++ {
		p := piece{Text: strconv.Itoa(i), Link: v.modelLink(m) + "&page=" + strconv.Itoa(i)}
		if i == number {
			p.Link, p.Strong = "", true
		}
		all = append(all, p)
	}
	return append(all, piece{Text: "all on one page", Link: v.modelLink(m) + "&page=all"})
}
