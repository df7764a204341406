// Package contest compares the predictions of a shadow, the challenger, with those that were
// answered, on the outcomes that both share.
//
// Predictions are compared in the order of the shadow's and when they are mature, with the outcome
// that they had at that age: outcomes do not arrive in a fair order, and the early ones are of a
// kind. What a Contest says is a function of the predictions and outcomes that it holds, the age
// and the time it is asked for.
package contest

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
)

// Pair is a prediction of the challenger and the answered one. Of is the id of the answered one,
// Time its time. Class and Value are the challenger's prediction.
type Pair struct {
	Of, Time int64
	Class    string
	Value    float64 // NaN: none
}

// Outcome is an outcome of the answered prediction. Sequence is its number in the log, Bucket the
// bucket of its delay, Difference by how much the challenger did better, -1 to 1.
type Outcome struct {
	Sequence   int64
	Bucket     uint8
	Difference float64
}

// Contest is the predictions of one challenger beside those of one served version.
type Contest struct {
	version string
	// scale is the size of a difference of 1; 0: the differences are those of right and wrong.
	scale float64

	pairs []entry
	of    map[int64]int // place of a pair by the id of the answered prediction
	// earlier has the outcomes before the newest one, by the id of the answered prediction.
	earlier map[int64][]Outcome

	first         int64 // answered predictions before it are forgotten
	anchor, after int64 // outcomes before anchor are lost; predictions later than after lose none by that
	age           cohort.Age
	horizon       int64
	next          int // pairs that were compared
	so            *risk.Contest
	shown         *snapshot.Challenger
}

type entry struct {
	Pair
	Outcome
}

const noOutcome = math.MaxUint8

// New returns the contest of a challenger by its version, without predictions. A scale above 0 is
// that of a regression: the size of a difference of errors from which it counts as a whole one.
func New(version string, scale float64) *Contest {
	return &Contest{version: version, scale: scale, of: map[int64]int{}, earlier: map[int64][]Outcome{}, after: math.MinInt64}
}

// Add adds a prediction of the challenger. Only the first one for the same answer counts.
func (c *Contest) Add(p Pair) {
	if _, again := c.of[p.Of]; again {
		return
	}
	c.of[p.Of] = len(c.pairs)
	c.pairs = append(c.pairs, entry{p, Outcome{Bucket: noOutcome}})
}

// Find returns the pair of an answered prediction.
func (c *Contest) Find(of int64) (p Pair, ok bool) {
	i, ok := c.of[of]
	if ok {
		p = c.pairs[i].Pair
	}
	return p, ok
}

// Outcome adds an outcome of an answered prediction that has a pair. It replaces earlier ones.
func (c *Contest) Outcome(of int64, o Outcome) {
	i := c.of[of]
	e := &c.pairs[i]
	if e.Bucket != noOutcome {
		if o.Sequence <= e.Sequence { // it was read twice
			return
		}
		c.earlier[of] = append(c.earlier[of], e.Outcome)
	}
	e.Outcome = o
	if i < c.next && o.Bucket <= c.age.Bucket {
		c.so = nil
	}
}

// Forget drops the predictions with an answered one before the id first, and the outcomes before
// anchor. Answered predictions later than after lose no outcome by that; others no longer count.
func (c *Contest) Forget(first, anchor, after int64) {
	if first == c.first && anchor == c.anchor && after == c.after {
		return
	}
	moved := first != c.first
	c.so, c.first, c.anchor, c.after = nil, first, anchor, after
	if !moved {
		return
	}
	old := c.pairs
	c.pairs, c.of = nil, map[int64]int{}
	for _, e := range old {
		if e.Of < first {
			delete(c.earlier, e.Of)
			continue
		}
		c.of[e.Of] = len(c.pairs)
		c.pairs = append(c.pairs, e)
	}
}

// Empty reports whether there is no prediction.
func (c *Contest) Empty() bool { return len(c.pairs) == 0 }

// Newest returns the id of the answered prediction of the newest pair; there is one.
func (c *Contest) Newest() int64 { return c.pairs[len(c.pairs)-1].Of }

// At returns what the outcomes say of the predictions that have that age at now.
func (c *Contest) At(now int64, age cohort.Age) snapshot.Challenger {
	horizon := now - age.Nanoseconds
	if c.so == nil || age != c.age || horizon < c.horizon {
		c.so, c.next, c.shown = risk.NewContest(c.scale > 0), 0, nil
	}
	c.age, c.horizon = age, horizon
	for ; c.next < len(c.pairs) && c.pairs[c.next].Time <= horizon; c.next++ {
		e := &c.pairs[c.next]
		if o, ok := c.outcome(e); ok && e.Time > c.after {
			c.so.Add(o.Difference)
			c.shown = nil
		}
	}
	if c.shown == nil {
		c.shown = c.show()
	}
	return *c.shown
}

// outcome returns the outcome that a prediction had when it was mature.
func (c *Contest) outcome(e *entry) (o Outcome, ok bool) {
	if e.Bucket <= c.age.Bucket && e.Bucket != noOutcome {
		return e.Outcome, e.Sequence >= c.anchor
	}
	for _, o := range slices.Backward(c.earlier[e.Of]) {
		if o.Bucket <= c.age.Bucket {
			return o, o.Sequence >= c.anchor
		}
	}
	return o, false
}

// show returns the state as plain values.
func (c *Contest) show() *snapshot.Challenger {
	d := c.so.Duel()
	s := &snapshot.Challenger{Version: c.version, Labels: c.so.Labels(), Wins: d.Wins, Losses: d.Losses}
	s.Better, s.Worse = c.so.LogEvidence()
	mean, lower, upper, ok := c.so.Interval()
	switch {
	case !ok:
	case c.scale > 0: // of errors, which are smaller where the challenger is better
		s.Difference, s.Lower, s.Upper = -c.scale*mean, -c.scale*upper, -c.scale*lower
	default:
		s.Difference, s.Lower, s.Upper = mean, lower, upper
	}
	return s
}
