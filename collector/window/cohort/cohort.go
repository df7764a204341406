// Package cohort follows the accuracy of one model and version over its matured predictions, in
// the order of the predictions and tick by tick.
//
// A prediction is mature when it has a certain age. It then counts with the outcome that it had
// at that age; an outcome that comes later changes nothing. Outcomes do not arrive in a fair
// order: a default is known before a repaid loan.
//
// What a Cohort says is a function of the rows and outcomes that it holds, the age and the time
// it is asked for. It folds each tick once while it can, and begins again when the past has
// changed: another age, an older anchor, a late write of an early outcome, or a clock that was
// set back.
package cohort

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

const tick = int64(drift.TickLength)

// Options say what is normal, and what is promised.
type Options struct {
	// Reference is the reference's error rate by kind of prediction, nil if unknown.
	Reference *risk.Reference
	// Kinds is the number of kinds, at most 255.
	Kinds int
	// Losses means that a prediction may be wrong in part, between 0 and 1.
	Losses bool
	// Promise is that of each detector.
	Promise risk.Options
	// Segments are the slices to follow; nil: none.
	Segments *Segments
	// Cost is that of retraining in errors, 0 if unknown.
	Cost float64
	// Part is the number of the look-back in the log, from 1 on. Each one has its part of the
	// probability that retraining is ever recommended without excess.
	Part func() int64
	// Trained is the time of training in nanoseconds since 1970, math.MinInt64 if unknown.
	Trained int64
}

// alpha is the probability that the lower bound of the excess is ever above 0 without excess.
const alpha = 0.05

// NoKind is the kind of a prediction of which the reference knows nothing.
const NoKind = math.MaxUint8

// Cohort is the predictions of one model and version since the anchor.
type Cohort struct {
	options Options
	line    *columns.Timeline
	store

	anchor, after int64 // outcomes before anchor are lost; rows later than after lose none by that
	setback       int64 // number of the last row whose time is before that of the row before it
	age           Age
	state         *State
	next          int64 // number of the first row that is not folded
	stale         bool  // the state cannot go on
}

// Age is the age from which predictions are mature: the end of a bucket of delays.
type Age struct {
	Bucket      uint8
	Nanoseconds int64
}

// New returns a Cohort over the rows of a timeline, before the first one.
func New(line *columns.Timeline, o Options) *Cohort {
	return &Cohort{options: o, line: line, store: store{history: map[int64][]Outcome{}}, after: math.MinInt64, setback: -1}
}

// Add adds the row that was just added to the timeline: its kind, and the probability that it is
// wrong by its score, NaN if unknown. bins are those of its features, nil unless slices are
// followed.
func (c *Cohort) Add(kind uint8, expected float64, bins []uint8) {
	i := c.line.Next() - 1
	c.add(c.line.First(), i, kind, expected, bins)
	if i > c.line.First() && c.line.Time(i) < c.line.Time(i-1) {
		c.setback = i
	}
	if c.state != nil && c.state.open == c.line.Time(i)/tick {
		c.stale = true // its tick was folded
	}
}

// Outcome adds an outcome of a row, which replaces earlier ones.
func (c *Cohort) Outcome(row int64, o Outcome) {
	c.outcome(c.line.First(), row, o)
	if c.state != nil && row < c.next && o.Bucket <= c.age.Bucket {
		c.stale = true
	}
}

// Forget drops the rows before the timeline's first one. It is called before the timeline drops
// them, with the number of the row that will be the first.
func (c *Cohort) Forget(first int64) {
	if first == c.line.First() {
		return
	}
	c.forget(c.line.First(), first)
	c.stale = true
}

// ForgetOutcomes drops the outcomes before anchor. Rows later than after lose none by that;
// others no longer count.
func (c *Cohort) ForgetOutcomes(anchor, after int64) {
	if anchor == c.anchor && after == c.after {
		return
	}
	c.anchor, c.after = anchor, after
	c.stale = true
}

// At returns what the predictions say that have that age at now. It returns the same pointer
// again if nothing has changed.
func (c *Cohort) At(now int64, age Age) *snapshot.Accuracy {
	horizon := now - age.Nanoseconds
	if c.stale || c.state == nil || age != c.age || c.state.until > horizon {
		c.age, c.stale = age, false
		c.state, c.next = NewState(&c.options), c.line.First()
	}
	ordered := c.setback <= c.line.First()
	for c.next < c.line.Next() {
		end := c.next
		t := c.line.Time(end) / tick
		for end < c.line.Next() && c.line.Time(end)/tick == t {
			end++
		}
		if (t+1)*tick > horizon {
			if ordered {
				break
			}
			c.next = end
			continue
		}
		c.fold(end, t)
	}
	// With a clock that was set back, a tick that is passed over may be due later.
	c.stale = !ordered
	return c.state.Show()
}

// fold folds the rows of one tick.
func (c *Cohort) fold(end, t int64) {
	s := c.state
	s.Begin(t)
	for i := c.next; i < end; i++ {
		time := c.line.Time(i)
		if time <= c.after {
			continue
		}
		kind, expected := c.row(c.line.First(), i)
		o, ok := c.at(c.line.First(), i, c.age.Bucket, c.anchor)
		if !ok {
			s.Add(kind, 1)
			continue
		}
		row := Labelled{Time: time, Kind: kind, Expected: expected, Loss: o.Loss}
		if s.slicing != nil {
			row.Bins = c.binsOf(c.line.First(), i, len(s.slicing.Bins))
		}
		s.AddLabelled(&row)
	}
	c.next = end
	s.Close()
}
