package page

import (
	"fmt"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// The sizes of large pictures.
const (
	largeWidth  = 720
	largeHeight = 240
	barWidth    = 160
	barHeight   = 14
	mostSlots   = 14 // of labels below columns
)

// detail is everything that is known about one subject.
type detail struct {
	ID           string
	Model        piece
	Version      piece
	Name         piece
	Kind         kind
	Labels       labels
	Feature      string
	State        state
	Sentence     phrase
	Why          []phrase
	Columns      draw.Columns
	Top          string // the share at the upper edge of Columns
	Says         string
	Bins         []bin
	Densities    []density
	Beyond       []phrase
	Course       draw.Course
	CourseFrom   piece
	CourseTo     piece
	CourseTop    string
	Levels       []level
	Changes      []change
	Facts        []fact
	Quality      []phrase
	Impact       []phrase
	Queries      []string
	Picture      string // the address of /drift.svg for it, "" without
	JSON         string
	Short        []string // labels below the columns
	HasEvidence  bool
	Evidence     phrase
	EvidenceBar  draw.Bar
	EvidenceText string
}

// bin is a line of the table of bins.
type bin struct {
	Name, Title             string
	Reference, Share, Terms piece
	Change                  string
	Bar, Blame              draw.Bar
}

// level is a line to compare with, in a picture over time.
type level struct {
	Name string
	At   float64 // percent of the height from the top
}

// change is a change of the verdict.
type change struct {
	State state
	Name  piece
	Says  string
	Time  piece
	Seen  phrase
}

// detail describes one subject.
func (v *viewer) detail(m watched, s *subject) detail {
	d := detail{
		ID: m.id() + s.id(), Model: linked(name(m.Name), v.modelLink(m)), Version: name(m.Version), Name: name(s.name), Kind: s.kind,
		Labels: labels{m.Name, m.Version}, State: s.state(), Says: differs(s),
		Columns: draw.NewColumns(pairs(s.bins()), s.apart(), largeWidth, largeHeight), Bins: bins(s), Course: v.course(m, s, largeWidth, largeHeight/2),
		CourseFrom: when(v.a.Time.Add(-v.span), v.a.Time), CourseTo: when(v.a.Time, v.a.Time),
	}
	d.Sentence, d.Why = v.sentence(m, s)
	d.Top = words.Percent(d.Columns.Top)
	d.CourseTop = words.Nats(d.Course.Top)
	for i, at := range d.Course.Levels {
		d.Levels = append(d.Levels, level{bands[i+1], 100 * at / float64(d.Course.Height)})
	}
	if len(s.bins()) <= mostSlots {
		for i, n := range binNames(s) {
			if apart := s.apart(); i > 0 && i == apart {
				d.Short = append(d.Short, "") // the gap
			}
			d.Short = append(d.Short, words.Short(words.Plain(n), 24))
		}
	}
	d.Densities, d.Beyond = densities(m, s)
	d.Changes = v.changes(m, s)
	d.Facts = v.numbers(m, s)
	if s.kind == ofFeature {
		d.Feature = s.name
		d.Quality = quality(s.feature.Quality)
		d.Impact = impact(m, s)
		d.Queries = queries(m, s)
	}
	if e := s.Detection; e != nil {
		d.HasEvidence = true
		d.Evidence = say(words.Signed(e.LogEvidence), " of the ", words.Small(e.Threshold), " nats that raise an alarm")
		if e.Detected {
			d.Evidence = say("The alarm is on. The evidence is ", words.Signed(e.LogEvidence), " nats now; ", words.Small(e.Threshold), " raise an alarm")
		}
		d.EvidenceBar = draw.NewBar(draw.Pair{Window: max(0, e.LogEvidence), Reference: e.Threshold}, max(e.Threshold, e.LogEvidence)*1.05, largeWidth, barHeight)
	}
	if !v.alone {
		q := []string{"model", m.Name, "version", m.Version, string(s.kind), s.name}
		d.Picture, d.JSON = v.address("drift.svg", q...), v.address("api/v1/drift", q...)
	}
	return d
}

// sentence returns the verdict about a subject and the reasons for it.
func (v *viewer) sentence(m watched, s *subject) (verdict phrase, why []phrase) {
	n, tooFew := few(m)
	switch {
	case s.state() == drifted:
		verdict = say(name(s.name), " has drifted")
	case s.state() == quiet:
		verdict = say(name(s.name), " has not drifted")
	case n == 0:
		return say("Nothing is known of ", name(s.name), ": there are no predictions"), nil
	case tooFew:
		return say("Nothing is known of ", name(s.name), " yet: a verdict takes 50 predictions, and there are ", words.Count(n)), nil
	default:
		return say("The verdict on ", name(s.name), " was not computed in time: reload this page"), nil
	}
	if since := sinceOf(s.Since, v.a.Time); since != nil {
		why = append(why, since)
	}
	if s.Test != nil {
		why = append(why, say(strong(s.band()), ": ", corrected(s), " above sampling noise"))
	}
	return verdict, append(why, say(differs(s)))
}

// bins returns the lines of the table of bins.
func bins(s *subject) []bin {
	top, blame := 0.0, 0.0
	for _, b := range s.bins() {
		top, blame = max(top, b.Share, b.ReferenceShare), max(blame, b.Contribution)
	}
	names := binNames(s)
	all := make([]bin, len(s.bins()))
	for i, b := range s.bins() {
		all[i] = bin{
			Name: words.Plain(names[i]), Title: words.Plain(b.Name), Change: words.Points(b.Share - b.ReferenceShare),
			Reference: ofBin(s, "feature_bin_reference_share", b.Name, b.ReferenceShare, words.Percent(b.ReferenceShare)),
			Share:     ofBin(s, "feature_bin_share", b.Name, b.Share, words.Percent(b.Share)),
			Terms:     ofBin(s, "feature_bin_kl_contribution", b.Name, b.Contribution, words.Small(b.Contribution)),
			Bar:       draw.NewBar(draw.Pair{Reference: b.ReferenceShare, Window: b.Share}, top, barWidth, barHeight),
			Blame:     draw.NewBar(draw.Pair{Window: b.Contribution}, blame, barWidth/2, barHeight),
		}
	}
	return all
}

// ofBin returns a number of a bin. No metric exports the bins of the score and the class.
func ofBin(s *subject, metric, label string, value float64, text string) piece {
	if s.kind == ofAnswer {
		return piece{Text: text, Value: words.Exact(value)}
	}
	return number(metric, value, text).with("bin", label)
}

// changes returns the changes of the verdict, the newest first.
func (v *viewer) changes(m watched, s *subject) (all []change) {
	for _, c := range slices.Backward(v.judgement.ChangesOf(s.of)) {
		if v.before(&c) {
			break
		}
		all = append(all, v.change(m, s, &c))
	}
	return all
}

// before reports whether a change was before the history that is shown.
func (v *viewer) before(c *assess.Change) bool { return c.Time.Before(v.a.Time.Add(-v.span)) }

// change describes one change of the verdict.
func (v *viewer) change(m watched, s *subject, c *assess.Change) change {
	at := change{Name: linked(name(s.name), v.link(m, s)), State: quiet, Says: "alarm ended", Time: when(c.Time, v.a.Time), Seen: say(words.Plural(c.Predictions, "prediction"), " in the window")}
	if c.Detected {
		at.State, at.Says = drifted, "drift detected"
	}
	if v.remembers {
		// The tick is closed by the first row or request after its end.
		at.Time.Link = "drift" + query("model", m.Name, "version", m.Version, string(s.kind), s.name, "at", c.Time.UTC().Format(time.RFC3339))
	}
	if c.KL != nil {
		at.Seen = say(at.Seen, ", ", piece{Text: words.Nats(*c.KL), Value: words.Exact(*c.KL)}, " from the reference")
	}
	return at
}

// numbers returns all numbers about a subject.
func (v *viewer) numbers(_ watched, s *subject) (all []fact) {
	add := func(term string, value piece, note string) {
		all = append(all, fact{term, say(value), say(note)})
	}
	if s.KL != nil {
		metric := "feature_kl_divergence"
		if s.kind == ofAnswer {
			metric = map[string]string{"score": "prediction_distribution_shift", "class": "prediction_class_shift"}[s.name]
		}
		add("Divergence", number(metric, *s.KL, words.Nats(*s.KL)), "Kullback-Leibler, of the window from the reference")
	}
	if t := s.Test; t != nil {
		add("Noise floor", v.metric(s, "feature_kl_noise_floor", t.NoiseFloor, words.Nats(t.NoiseFloor)), "what sampling alone causes on average")
		add("Above the noise", v.metric(s, "feature_kl_divergence_corrected", t.Corrected, words.Nats(t.Corrected)), "minimal below 0.1, moderate up to 0.5, significant above")
		if t.PValue != nil {
			add("p-value", v.metric(s, "feature_drift_p_value", *t.PValue, words.Small(*t.PValue)), "probability of such a divergence without drift")
		}
		if t.Adjusted != nil {
			add("p-value, adjusted", v.metric(s, "feature_drift_adjusted_p_value", *t.Adjusted, words.Small(*t.Adjusted)), "for the number of features")
		}
	}
	if s.DesignEffect != nil {
		add("Design effect", v.metric(s, "feature_design_effect", *s.DesignEffect, words.Small(*s.DesignEffect)), "how many times more the shares vary than if predictions were independent")
	}
	if d := assess.DistancesOf(s.of); d != nil && s.kind == ofFeature {
		all = append(all, distances(d)...)
	}
	return all
}

// distances returns the other measures.
func distances(d *assess.Distances) (all []fact) {
	for _, one := range []struct {
		label, term, note string
		value             *float64
	}{
		{"psi", "PSI", "population stability index, in nats", &d.PSI},
		{"jensen_shannon", "Jensen-Shannon", "divergence in nats, up to 0.69", &d.JensenShannon},
		{"hellinger", "Hellinger", "distance, up to 1", &d.Hellinger},
		{"total_variation", "Total variation", "the share of predictions that lie elsewhere", &d.TotalVariation},
		{"kolmogorov_smirnov", "Kolmogorov-Smirnov", "distance, up to 1", d.KolmogorovSmirnov},
		{"wasserstein", "Wasserstein", "distance in standard deviations of the reference", d.Wasserstein},
	} {
		if one.value != nil {
			value := number("feature_drift_distance", *one.value, words.Small(*one.value)).with("distance", one.label)
			all = append(all, fact{one.term, say(value), say(one.note)})
		}
	}
	return all
}

// impact says how a feature is related to a change of accuracy. It returns nil if that is not
// known.
func impact(m watched, s *subject) (all []phrase) {
	impacts := m.impacts()
	if impacts == nil {
		return nil
	}
	i := &impacts[s.at]
	for _, term := range []struct {
		assess.Term

		what string
	}{
		{i.Covariate, "of accuracy come from other shares of its values"},
		{i.WithinBin, "of accuracy come from other accuracy at the same values"},
	} {
		if term.Value == nil {
			continue
		}
		p := say(piece{Text: words.Points(*term.Value), Value: words.Exact(*term.Value)}, " "+term.what)
		if term.StandardError != nil {
			p = say(p, ", give or take ", words.Points(1.96 * *term.StandardError)[1:])
		}
		all = append(all, p)
	}
	if e := i.Extreme; e != nil && e.Change != nil {
		all = append(all, say("most certain in ", name(words.Bins([]string{e.Bin}, s.numeric)[0]), ": ", piece{Text: words.Points(*e.Change), Value: words.Exact(*e.Change)}))
	}
	return all
}

// queries returns queries to graph for a feature.
func queries(m watched, s *subject) []string {
	of := fmt.Sprintf("{model=%q,version=%q,feature=%q}", collector.LabelValue(m.Name), collector.LabelValue(m.Version), collector.LabelValue(s.name))
	return []string{"feature_kl_divergence_corrected" + of, "feature_drift_detected" + of}
}
