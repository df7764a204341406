package window

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	"github.com/drift-exporter/drift_exporter/collector/window/contest"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// contests compare the shadows of one served version with it, by the shadow's version.
type contests struct {
	predicts value.Prediction
	layout   *layout // of the served version; nil: no reference serves it
	scale    float64 // that of the errors of a regression, else 0
	of       map[string]*contest.Contest
	shown    *snapshot.Challengers
}

// lateShadow is a shadow whose answered prediction had an outcome before the shadow was logged.
type lateShadow struct {
	of  int64
	key predictionlog.Key // of the answered prediction
}

// foldShadow adds a shadow beside the answered prediction, if that is since the anchor.
func (w *Window) foldShadow(row *predictionlog.Row) {
	s := &w.state
	for key, r := range s.series {
		if key.Model != row.Model {
			continue
		}
		i := r.rows.Search(r.rows.First(), row.ShadowOf)
		if i == r.rows.Next() || r.rows.ID(i) != row.ShadowOf {
			continue
		}
		c := s.contests[key]
		if c == nil {
			spec := w.specs[row.Model]
			c = newContests(w.layoutOf(spec, key.Version), spec.predicts())
			s.contests[key] = c
		}
		c.add(row, r.rows.Time(i))
		if r.ledger.hasOutcome(i) {
			s.late = append(s.late, lateShadow{row.ShadowOf, key})
		}
		return
	}
}

func newContests(l *layout, predicts value.Prediction) *contests {
	c := &contests{predicts: predicts, layout: l, of: map[string]*contest.Contest{}}
	if !predicts.HasClasses() && l != nil {
		c.scale = l.reference.Errors.Scale()
	}
	return c
}

// add adds a shadow. time is that of the answered prediction. Errors of a regression cannot be
// compared unless the reference says how large they are.
func (c *contests) add(row *predictionlog.Row, time int64) {
	if !c.predicts.HasClasses() && !(c.scale > 0) {
		return
	}
	p := contest.Pair{Of: row.ShadowOf, Time: time, Class: row.Class, Value: math.NaN()}
	if row.HasScore {
		p.Value = row.Score
	}
	if c.of[row.Version] == nil {
		c.of[row.Version] = contest.New(row.Version, c.scale)
	}
	c.of[row.Version].Add(p)
}

// outcome adds an outcome of an answered prediction. It counts for both versions.
func (c *contests) outcome(f *predictionlog.FeedbackRow) {
	if c == nil {
		return
	}
	for _, one := range c.of {
		p, ok := one.Find(f.PredictionID)
		if !ok {
			continue
		}
		if difference, ok := c.difference(&p, f); ok {
			one.Outcome(f.PredictionID, contest.Outcome{Sequence: f.Seq, Bucket: uint8(delayBucket(f.Time - p.Time)), Difference: difference})
		}
	}
}

// difference returns by how much the challenger did better than the served version, -1 to 1. ok is
// false if the outcome does not say.
func (c *contests) difference(challenger *contest.Pair, f *predictionlog.FeedbackRow) (d float64, ok bool) {
	if c.predicts.HasClasses() {
		classes := c.layout.classReader()
		actual, ok := classes.ActualOf(f.Class, f.Outcome)
		if !ok {
			return 0, false
		}
		return wrong(classes.Predicted(f.Class) == actual) - wrong(classes.Predicted(challenger.Class) == actual), true
	}
	truth, ok := value.OutcomeNumber(f.Outcome)
	if !ok || !f.HasScore {
		return 0, false
	}
	d = (math.Abs(f.Score-truth) - math.Abs(challenger.Value-truth)) / c.scale
	return min(max(d, -1), 1), !math.IsNaN(d)
}

// forget drops the predictions before the anchor of the predictions, and the outcomes before the
// anchor of the feedback. Predictions later than after lose no outcome by that.
func (c *contests) forget(predictions, anchor, after int64) {
	for version, one := range c.of {
		if one.Forget(predictions, anchor, after); one.Empty() {
			delete(c.of, version)
		}
	}
}

// show returns the challengers with the newest predictions, at most as many as most; nil without
// one. If nothing has changed since the last call, it returns the same pointer again.
func (c *contests) show(now time.Time, age cohort.Age, most int) *snapshot.Challengers {
	if c == nil || len(c.of) == 0 {
		return nil
	}
	versions := slices.SortedFunc(maps.Keys(c.of), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.of[b].Newest(), c.of[a].Newest()), strings.Compare(a, b))
	})
	versions = versions[:min(most, len(versions))]
	slices.Sort(versions)
	var all snapshot.Challengers
	for _, version := range versions {
		all = append(all, c.of[version].At(now.UnixNano(), age))
	}
	if c.shown == nil || !slices.Equal(*c.shown, all) {
		c.shown = &all
	}
	return c.shown
}

// joinLate adds the outcomes that were read before their shadow was.
func (w *Window) joinLate(ctx context.Context, feedbackAnchor int64) error {
	s := &w.state
	if len(s.late) == 0 {
		return nil
	}
	ids, of := make([]int64, len(s.late)), make(map[int64]predictionlog.Key, len(s.late))
	for i, l := range s.late {
		ids[i], of[l.of] = l.of, l.key
	}
	err := w.log.FeedbackOf(ctx, ids, feedbackAnchor-1, s.read.Feedback, func(f *predictionlog.FeedbackRow) error {
		s.contests[of[f.PredictionID]].outcome(f)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the outcomes of predictions with a shadow: %w", err)
	}
	s.late = nil
	return nil
}
