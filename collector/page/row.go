package page

import (
	"fmt"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// The sizes of small pictures.
const (
	smallWidth  = 120
	smallHeight = 36
)

// levels are the divergences at which the bands change. leastTop is the smallest upper edge of a
// picture over time, so that noise looks as small as it is.
var levels = []float64{0.1, 0.5}

const leastTop = 0.12

// row returns one subject for a table.
func (v *viewer) row(m watched, s *subject) row {
	r := row{
		Name: linked(name(s.name), v.link(m, s)), Kind: s.kind, State: s.state(), Verdict: v.says(m, s), Since: sinceOf(s.Since, v.a.Time), Band: s.band(),
		Columns: draw.NewColumns(pairs(s.bins()), s.apart(), smallWidth, smallHeight), Says: differs(s),
		Course: v.course(m, s, smallWidth, smallHeight),
	}
	if s.kind == ofFeature {
		r.Feature = s.name
		r.Quality = quality(s.feature.Quality)
	}
	if t := s.Test; t != nil {
		r.Corrected = corrected(s)
		r.Severity = v.metric(s, "feature_drift_severity", float64(t.Severity), s.band())
		if t.PValue != nil {
			r.PValue = v.metric(s, "feature_drift_p_value", *t.PValue, words.Small(*t.PValue))
		}
	}
	return r
}

// metric returns a number of a subject. Metrics export the numbers of features, but not of the
// score and the class.
func (v *viewer) metric(s *subject, metric string, value float64, text string) piece {
	if s.kind == ofAnswer {
		return piece{Text: text, Value: words.Exact(value)}
	}
	return number(metric, value, text)
}

// says returns the verdict in words.
func (v *viewer) says(m watched, s *subject) string {
	n, tooFew := few(m)
	switch {
	case s.state() == drifted:
		return "drifted"
	case s.state() == quiet:
		return "no drift"
	case n == 0:
		return "no predictions"
	case tooFew:
		return "too few predictions"
	default:
		return "not computed yet"
	}
}

func pairs(bins []assess.Bin) []draw.Pair {
	all := make([]draw.Pair, len(bins))
	for i, b := range bins {
		all[i] = draw.Pair{Reference: b.ReferenceShare, Window: b.Share}
	}
	return all
}

// differs says where the window differs most from the reference, for readers who cannot see the
// picture.
func differs(s *subject) string {
	most := -1
	for i, b := range s.bins() {
		if most < 0 || b.Contribution > s.bins()[most].Contribution {
			most = i
		}
	}
	if most < 0 {
		return "no predictions yet"
	}
	b := s.bins()[most]
	return fmt.Sprintf("differs most in %s: %s now, %s in the reference", words.Short(words.Plain(binNames(s)[most]), 60), words.Percent(b.Share), words.Percent(b.ReferenceShare))
}

// ours are the names of bins that are no values.
var ours = []string{drift.Missing, drift.Invalid, drift.Unseen, drift.Other}

// apart returns the number of bins before the first one that is no value.
func (s *subject) apart() int {
	all := s.bins()
	n := slices.IndexFunc(all, func(b assess.Bin) bool { return slices.Contains(ours, b.Name) })
	if n < 0 {
		return len(all)
	}
	return n
}

// occupied returns the bins to show: all bins of valid values, and the other bins that are not
// empty.
func occupied(bins []assess.Bin) (shown []assess.Bin) {
	for _, b := range bins {
		if b.Share > 0 || b.ReferenceShare > 0 || !slices.Contains(ours, b.Name) {
			shown = append(shown, b)
		}
	}
	return shown
}

// binNames says what the bins of a subject contain.
func binNames(s *subject) []string {
	labels := make([]string, len(s.bins()))
	for i, b := range s.bins() {
		labels[i] = b.Name
	}
	return words.Bins(labels, s.numeric)
}

// course draws the divergence of a subject above the noise, from the start of the span until now.
func (v *viewer) course(m watched, s *subject, width, height int) draw.Course {
	if s.of.Trail == nil {
		return draw.Course{}
	}
	values := v.values[:0]
	for i, at := range s.of.Trail.Times {
		if above, known := assess.CorrectedAt(s.of, i); known {
			values = append(values, draw.Value{Time: at, Value: above})
		}
	}
	now := v.a.Time
	if s.Test != nil && m.Freshness != nil && m.Freshness.Newest != nil {
		values = append(values, draw.Value{Time: *m.Freshness.Newest, Value: s.Test.Corrected})
	}
	v.values = values
	if len(values) < 2 {
		return draw.Course{}
	}
	return draw.NewCourse(values, v.spans(s, now), draw.CourseOptions{
		From: now.Add(-v.span), To: now, Width: width, Height: height, Least: leastTop, Levels: levels, Gap: v.span / 12,
	})
}

// spans returns the times of alarms.
func (v *viewer) spans(s *subject, now time.Time) (all []draw.Span) {
	var from time.Time
	changes, times := v.judgement.ChangesOf(s.of), s.of.Trail.Times
	on := len(changes) > 0 && !changes[0].Detected // it began before what is kept
	if on && len(times) > 0 {
		from = times[0]
	}
	for _, c := range changes {
		switch {
		case c.Detected:
			from, on = c.Time, true
		case on:
			all, on = append(all, draw.Span{From: from, To: c.Time}), false
		}
	}
	if on {
		all = append(all, draw.Span{From: from, To: now})
	}
	return all
}
