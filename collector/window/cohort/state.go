package cohort

import (
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

const (
	// own is the number of first outcomes that say what is normal for the model itself.
	own = 1000
	// Confidence is that of the limits of error rates.
	Confidence = 0.99
	// every is the number of rows after which the limit follows which rows get an outcome.
	every = 100
	// Enough is the share of the recent rows that must have an outcome.
	Enough = 0.8
)

// State is what was folded since the anchor, tick by tick. After Begin come the rows of the tick in
// any order, then Close.
type State struct {
	options *Options
	open    int64 // the last tick that was folded
	until   int64 // the end of that tick
	folds   int64
	shown   *snapshot.Accuracy
	shownAt int64 // folds when shown was made

	recent recent
	normal normal // the reference's rate for such rows
	first  first  // that of the model's first outcomes

	drop, decline, concept *rate
	slicing                *slicing // nil: no slices are followed
	labels, newer          int64
	excess                 risk.Excess
	spent                  int64 // number of the excess, from 1 on
	cost                   snapshot.Excess
}

// normal is the error rate that the reference would have now.
type normal struct {
	known       bool
	rate, limit float64
	due         int64 // rows until it is taken again
}

// first is the model's first outcomes.
type first struct {
	losses          float64
	labels          int64
	limit, coverage float64
}

// NewState returns a State before the first tick.
func NewState(o *Options) *State {
	s := &State{options: o, open: math.MinInt64, until: math.MinInt64, recent: newRecent(o.Kinds), spent: 1}
	s.drop, s.decline, s.concept = newRate(o), newRate(o), newRate(o)
	if o.Segments != nil {
		s.slicing = newSlicing(o.Segments)
	}
	return s
}

// Until is the end of the last tick, math.MinInt64 before the first.
func (s *State) Until() int64 { return s.until }

// Begin begins a tick, by its number since 1970.
func (s *State) Begin(t int64) {
	s.open, s.until = t, (t+1)*tick
	s.recent.begin()
	s.drop.begin()
	s.decline.begin()
	s.concept.begin()
}

// Add adds rows of one kind without an outcome to the open tick.
func (s *State) Add(kind uint8, rows int64) {
	s.recent.add(kind, rows, 0)
	s.normal.due -= rows
}

// Labelled is a row with an outcome: its time, its kind, the probability that it is wrong by its
// score (NaN if unknown), how wrong it was, and the bins of its features if slices are followed.
type Labelled struct {
	Time           int64
	Kind           uint8
	Expected, Loss float64
	Bins           []uint8
}

// AddLabelled adds a row with an outcome to the open tick.
func (s *State) AddLabelled(row *Labelled) {
	knows := s.options.Reference == nil || s.options.Reference.Knows(int(row.Kind))
	if knows {
		s.recent.add(row.Kind, 1, 1)
	} else {
		s.recent.add(row.Kind, 1, 0)
	}
	s.normal.due--
	if knows && s.options.Reference != nil {
		s.drop.add(row.Loss)
	}
	s.decline.add(row.Loss)
	if !math.IsNaN(row.Expected) {
		s.concept.add(row.Loss)
		s.concept.expected += row.Expected
	}
	if row.Time > s.options.Trained {
		s.newer++
	}
	s.labels++
	if s.slicing != nil {
		s.slicing.add(row.Bins, row.Loss > 0)
	}
}

// Close folds the open tick.
func (s *State) Close() {
	s.folds++
	s.recent.close()
	if s.slicing != nil {
		coverage := 0.0
		if s.recent.rows >= drift.MinPredictions {
			coverage = s.recent.coverage()
		}
		s.slicing.close(coverage)
	}
	if s.silent() {
		return
	}
	end := time.Unix(0, s.until).UTC()
	s.follow()
	if s.normal.known {
		effect := s.drop.detector.Effect()
		s.drop.fold(s.normal.limit, end)
		s.addExcess(end, effect)
	}
	if s.first.labels >= own {
		// If fewer rows have an outcome than at first, these may all be right ones.
		s.decline.fold(min(1, s.first.limit*max(1, s.first.coverage/s.recent.coverage())), end)
	} else {
		s.begun()
	}
	if n := s.concept.labels; n > 0 {
		mean := s.concept.expected / float64(n)
		// The scores of the reference are as uncertain as its rate.
		margin := max(s.normal.limit-s.normal.rate, 0)
		s.concept.fold(min(1, (mean+margin)/s.recent.coverage()), end)
	}
}

// silent reports whether too few of the recent rows have an outcome.
func (s *State) silent() bool {
	return s.recent.rows < drift.MinPredictions || s.recent.coverage() < Enough
}

// follow takes the reference's rate for rows that get an outcome as the recent ones do.
func (s *State) follow() {
	if s.options.Reference == nil || s.normal.due > 0 {
		return
	}
	s.normal.due = every
	s.normal.rate, s.normal.limit, s.normal.known = s.options.Reference.Rate(s.recent.shares())
}

// begun counts the first outcomes.
func (s *State) begun() {
	s.first.losses += s.decline.sum
	s.first.labels += s.decline.labels
	if s.first.labels >= own {
		s.first.coverage = s.recent.coverage()
		s.first.limit = risk.UpperLimit(s.first.losses, float64(s.first.labels), Confidence)
	}
}

// addExcess counts the errors above the reference's. effect is the design effect that was known
// before the tick.
func (s *State) addExcess(end time.Time, effect float64) {
	s.excess.AddLosses(s.drop.labels, s.drop.sum, s.drop.squares, s.normal.rate, s.normal.limit, effect)
	switch {
	case s.options.Cost == 0 || s.drop.labels == 0:
	case !s.cost.Exceeded && s.atLeast() >= s.options.Cost:
		s.cost.Exceeded, s.cost.Since = true, &end
	case s.cost.Exceeded && s.drop.detector.Recovered():
		// It begins again, with the next part of alpha.
		s.cost = snapshot.Excess{}
		s.excess = risk.Excess{}
		s.spent++
	}
}

func (s *State) atLeast() float64 {
	part := risk.Combine(risk.Combine(alpha, s.options.Part()), s.spent)
	return s.excess.AtLeast(part)
}

// Show returns the state as plain values: the same pointer until another tick is folded.
func (s *State) Show() *snapshot.Accuracy {
	if s.shown == nil || s.shownAt != s.folds {
		s.shown, s.shownAt = s.show(), s.folds
	}
	return s.shown
}

func (s *State) show() *snapshot.Accuracy {
	a := &snapshot.Accuracy{
		Recent: s.recent.rows, Labelled: s.recent.labelled, Silent: s.silent(),
		Labels: s.labels, NewerLabels: s.newer,
		Drop: s.drop.show(), Decline: s.decline.show(), Concept: s.concept.show(),
	}
	if s.slicing != nil {
		a.Segments = s.slicing.show()
	}
	if s.normal.known {
		a.Normal = &snapshot.Normal{Rate: s.normal.rate, Limit: s.normal.limit}
	}
	if s.excess.Labels() > 0 {
		x := s.cost
		x.Labels, x.Errors, x.Lower = s.excess.Labels(), s.excess.Errors(), s.atLeast()
		a.Excess = &x
	}
	return a
}
