package window

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	ticks "github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Lookbacks say how far back Ticks look, in nanoseconds: multiples of a tick.
type Lookbacks struct {
	// Counts is the distance of two anchors of the distributions and their detectors, Labels that
	// of the outcomes.
	Counts, Labels int64
}

// AnchorOf returns the time before which nothing counts at the end of a tick: the multiple of
// lookback that is at least one and less than two look-backs before the start of that tick.
func AnchorOf(end, lookback int64) int64 { return ((end-tick)/lookback - 1) * lookback }

// Ticks makes windows of ticks that were counted elsewhere, in place of a log's rows. What it says
// depends on the ticks and outcomes since the anchors and on nothing else. It does no IO. Its
// methods must not be called concurrently.
type Ticks struct {
	models

	// labels is the anchor of the outcomes, begun the first tick of all that ever was.
	labels, begun int64
	lookbacks     Lookbacks
	until         int64 // end of the last tick

	series   map[predictionlog.Key]*tickSeries
	feedback map[predictionlog.Key]*feedback
	counters map[predictionlog.Key]*predictionlog.Counters
	copies   map[predictionlog.Key]*predictionlog.Counters
	known    map[predictionKey]*known
	late     map[lateKey][]ticks.Late
	left     map[lateKey][]leftRecord
	sequence int64 // number of the last outcome
	schemes  map[*layout]string

	// Foreign is the number of predictions that were coded for another reference, and so are in
	// no window. Recounted is the number of those that were counted again for this one. LateRows is the number of those that count to a later tick than their own.
	// Unmatched is the number of outcomes whose prediction no window has counted.
	Foreign, Recounted, LateRows, Unmatched int64
}

type lateKey struct{ log, model, version string }

// leftRecord is a record that is in no window, of a tick that has others which are.
type leftRecord struct{ start, after, sequence int64 }

// NewTicks returns Ticks from an anchor of the outcomes on. begun is the start of the first tick
// that ever was. It starts to draw null distributions.
func NewTicks(specs []Spec, bins drift.BinOptions, nulls *drift.Nulls, o Options, l Lookbacks, labels, begun int64) (*Ticks, error) {
	m, err := newModels(specs, bins, nulls, o)
	if err != nil {
		return nil, err
	}
	t := &Ticks{
		models: m, labels: labels, begun: begun, lookbacks: l, until: labels,
		series:   map[predictionlog.Key]*tickSeries{},
		feedback: map[predictionlog.Key]*feedback{},
		counters: map[predictionlog.Key]*predictionlog.Counters{},
		copies:   map[predictionlog.Key]*predictionlog.Counters{},
		known:    map[predictionKey]*known{},
		late:     map[lateKey][]ticks.Late{},
		left:     map[lateKey][]leftRecord{},
		schemes:  map[*layout]string{},
	}
	for _, l := range t.layouts {
		t.schemes[l] = ticks.Scheme(l.scheme())
	}
	return t, nil
}

// Total adds the counters of ticks before the anchor of the outcomes.
func (t *Ticks) Total(sum *ticks.Sum) { t.count(sum) }

// Late adds a record whose rows count to another tick than their own. It must be known before
// outcomes of its predictions.
func (t *Ticks) Late(l ticks.Late) {
	key := lateKey{l.LogID, l.Model, l.Version}
	t.late[key] = append(t.late[key], l)
	t.LateRows += l.Rows
}

// Fold folds one tick, by its start: what was counted in it, and the outcomes that count from its
// end on. Ticks come in order; those without anything may be left out. Of ticks before the anchor
// of the distributions, the counts by code are not needed. After an error, the Ticks cannot be
// used any more.
func (t *Ticks) Fold(ctx context.Context, start int64, sums []ticks.Sum, outcomes []ticks.Outcome) error {
	if start < t.until {
		return fmt.Errorf("fold the tick of %v after that of %v", time.Unix(0, start).UTC(), time.Unix(0, t.until-tick).UTC())
	}
	t.until = start + tick
	byKey := map[predictionlog.Key][]ticks.Sum{}
	for i := range sums {
		s := &sums[i]
		t.count(s)
		if s.Rows > 0 && t.specs[s.Model] != nil {
			key := predictionlog.Key{Model: s.Model, Version: s.Version}
			byKey[key] = append(byKey[key], *s)
		}
	}
	for key, sums := range byKey {
		if err := t.fold(ctx, key, start, sums); err != nil {
			return fmt.Errorf("fold a tick of model %q, version %q: %w", key.Model, key.Version, err)
		}
	}
	slices.SortFunc(outcomes, inOrder)
	for i := range outcomes {
		t.outcome(&outcomes[i])
	}
	return nil
}

// fold folds the counts of one tick, model and version.
func (t *Ticks) fold(ctx context.Context, key predictionlog.Key, start int64, sums []ticks.Sum) error {
	s := t.series[key]
	if s == nil {
		spec := t.specs[key.Model]
		s = t.newTickSeries(t.layoutOf(spec, key.Version), spec.predicts())
	}
	if s.layout != nil {
		sums = t.ours(s, start, sums)
	}
	if len(sums) == 0 {
		return nil
	}
	t.series[key] = s
	s.tally(start, sums)
	for i := range sums {
		sums[i].Names, sums[i].Sums = nil, nil // they are counted
	}
	return s.fold(ctx, start, sums, t.lookbacks.Counts)
}

// ours returns the sums that were coded for the layout of a series.
func (t *Ticks) ours(s *tickSeries, start int64, all []ticks.Sum) (ours []ticks.Sum) {
	var left []ticks.Sum
	for _, sum := range all {
		switch {
		case sum.Scheme == t.schemes[s.layout] && s.fits(&sum.Record):
			t.Recounted += sum.Recounted
			ours = append(ours, sum)
			continue
		case sum.Left:
			left = append(left, sum)
		}
		t.Foreign += sum.Rows
	}
	if len(ours) == 0 {
		return nil // there is no tally of which it could be wrong
	}
	for i := range left {
		key := lateKey{left[i].LogID, left[i].Model, left[i].Version}
		t.left[key] = append(t.left[key], leftRecord{start, left[i].After, left[i].Sequence})
	}
	return ours
}

// count adds to the counters.
func (t *Ticks) count(sum *ticks.Sum) {
	if len(sum.Names) == 0 {
		return
	}
	key := predictionlog.Key{Model: sum.Model, Version: sum.Version}
	c := t.counters[key]
	if c == nil {
		c = predictionlog.NewCounters()
		t.counters[key] = c
	}
	delete(t.copies, key)
	for i, name := range sum.Names {
		ticks.AddCounter(c, name, sum.Sums[i]) // others are the ledger's
	}
}

// Until is the end of the last tick.
func (t *Ticks) Until() int64 { return t.until }

// Advance says that nothing happened between the last tick and a later time, the end of a tick.
func (t *Ticks) Advance(until int64) { t.until = max(t.until, until) }

// Snapshot returns the windows at the end of the last tick.
func (t *Ticks) Snapshot(ctx context.Context) *snapshot.Snapshot {
	s := &snapshot.Snapshot{Time: time.Unix(0, t.until)}
	newest := map[predictionlog.Key]int64{}
	for k, c := range t.counters {
		s.InvalidRows += c.Invalid
		newest[k] = -1
	}
	for k, r := range t.series {
		newest[k] = r.newest
	}
	t.fill(s, newest, t.copied, func(spec *Spec, version string) snapshot.Model { return t.model(ctx, spec, version) })
	return s
}

// copied returns the counters of one model and version, for snapshots.
func (t *Ticks) copied(key predictionlog.Key) *predictionlog.Counters {
	if t.copies[key] == nil {
		t.copies[key] = predictionlog.NewCounters()
		if c := t.counters[key]; c != nil {
			t.copies[key] = c.Clone()
		}
	}
	return t.copies[key]
}

func (t *Ticks) model(ctx context.Context, spec *Spec, version string) snapshot.Model {
	key, m := predictionlog.Key{Model: spec.Name, Version: version}, t.of(spec, version)
	m.Counters = t.copied(key)
	if f := t.feedback[key]; f != nil && m.Type.HasClasses() {
		m.Performance, m.Outcomes = f.counts()
	} else if f != nil {
		m.Regression = f.errors()
	}
	s := t.series[key]
	if s == nil {
		return m
	}
	newest, anchor := time.Unix(0, s.newest), AnchorOf(t.until, t.lookbacks.Counts)
	m.Rows.Newest, m.Rows.Shadow = &newest, s.answered < anchor
	window := s.window(t.until, anchor)
	if window != nil && window.counts.Rows > 0 {
		oldest := time.Unix(0, window.counts.Oldest)
		m.Rows.Count, m.Rows.Oldest = window.counts.Rows, &oldest
	}
	s.addOutcomes(&m, window, t.until)
	if s.layout == nil {
		m.Outcomes = nil
		return m
	}
	if m.Outcomes == nil && m.Type.HasClasses() {
		m.Outcomes = s.layout.unknown
	}
	if window != nil {
		m.Distributions = t.distributions(ctx, s, window)
	}
	return m
}

// distributions returns those of a window, with their null distributions.
func (t *Ticks) distributions(ctx context.Context, s *tickSeries, w *tickFold) *snapshot.Distributions {
	all := s.layout.distributions(&w.counts, w.lastValue)
	if w.detectors != nil {
		w.show(all, w.each, nil)
	}
	for i := range all {
		t.drawNull(ctx, s.layout.reference, &all[i])
	}
	return s.layout.show(all)
}

// inOrder is the order in which the outcomes of a tick count.
func inOrder(a, b ticks.Outcome) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.LogID, b.LogID), cmp.Compare(a.Sequence, b.Sequence))
}
