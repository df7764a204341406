package window

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	ticks "github.com/drift-exporter/drift_exporter/predictor/tick"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// tickLedger is a ledger and a cohort by tick: sums over the predictions of each tick since the
// anchor of the outcomes, and what is known of those that have an outcome.
type tickLedger struct {
	layout   *layout       // nil: no reference serves this version
	maturity time.Duration // --window.maturity
	age      time.Duration // --window.duration
	bare     bool
	tallies  []*tickTally // in order
	delays   []int64      // predictions by bucket of their outcome's delay

	accuracy *cohort.Options // nil: the accuracy is not followed
	oneKind  bool
	folded   *cohort.State
	next     int        // number of the first tally that is not folded
	folding  cohort.Age // the age of folded
	stale    bool       // folded cannot go on
	answered int64      // start of the newest tick with a prediction that is no shadow
	kinds    []int64    // scratch: rows without an outcome by kind
}

// tickTally is the sums over the predictions of one tick.
type tickTally struct {
	tally

	start int64
	kinds []kindCount
	known []*known // those that the cohort has an outcome of
}

// kindCount is the number of rows of one class of the reference.
type kindCount struct {
	kind uint8
	rows int64
}

func newTickLedger(l *layout, predicts value.Prediction, o *Options, part int64) tickLedger {
	h := tickLedger{layout: l, maturity: o.Maturity, age: o.Duration, bare: o.Bare, delays: make([]int64, delayBuckets)}
	if l == nil {
		return h
	}
	if h.accuracy = l.cohortOptions(predicts, o); h.accuracy != nil {
		h.accuracy.Part = func() int64 { return part }
		h.oneKind = h.accuracy.Kinds == 1
		h.kinds = make([]int64, h.accuracy.Kinds+1)
	}
	return h
}

// tally adds a tick.
func (h *tickLedger) tally(start int64, sums []ticks.Sum) {
	t := &tickTally{start: start}
	kinds := map[uint8]int64{}
	shadows := int64(0)
	for i := range sums {
		t.rows += sums[i].Rows
		for k, name := range sums[i].Names {
			switch n := sums[i].Sums[k]; name {
			case ticks.Scored:
				t.scored += n
			case ticks.Confidence:
				t.conf += n
			case ticks.Variance:
				t.variance += n
			case ticks.Positive:
				t.positive += n
			case ticks.Shadows:
				shadows += n
			default:
				if kind, ok := kindOf(name); ok {
					kinds[kind] += n
				}
			}
		}
	}
	for kind, n := range kinds {
		t.kinds = append(t.kinds, kindCount{kind, n})
	}
	if t.rows > shadows {
		h.answered = start
	}
	h.tallies = append(h.tallies, t)
}

// kindOf returns the kind that a sum counts.
func kindOf(name string) (kind uint8, ok bool) {
	text, ok := strings.CutPrefix(name, ticks.KindPrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return uint8(n), err == nil && n >= 0 && n < cohort.NoKind // #nosec G115 -- it is in range
}

// at returns the tally of the tick that starts then, nil if there is none.
func (h *tickLedger) at(start int64) *tickTally {
	i := sort.Search(len(h.tallies), func(i int) bool { return h.tallies[i].start >= start })
	if i == len(h.tallies) || h.tallies[i].start != start {
		return nil
	}
	return h.tallies[i]
}

// sum adds up the tallies of the ticks that start from a time on and before another.
func (h *tickLedger) sum(from, until int64) (t tally) {
	first := sort.Search(len(h.tallies), func(i int) bool { return h.tallies[i].start >= from })
	for _, one := range h.tallies[first:] {
		if one.start >= until {
			break
		}
		t = t.plus(one.tally)
	}
	return t
}

// waiting counts the rows without an outcome by their age.
func (h *tickLedger) waiting(now int64) []int64 {
	waiting := make([]int64, delayBuckets)
	for _, t := range h.tallies {
		waiting[delayBucket(now-t.start)] += t.rows - t.labelled
	}
	return waiting
}

// addOutcomes adds to a model of a snapshot its coverage, its matured cohort and the estimate of
// its accuracy. window is nil without rows.
func (h *tickLedger) addOutcomes(m *snapshot.Model, window *tickFold, now int64) {
	if h.bare {
		return
	}
	if window != nil && window.counts.Rows > 0 {
		all := h.sum(max(now-int64(h.age), window.from), now)
		m.Coverage = &snapshot.Coverage{Rows: all.rows, Labelled: all.labelled, Positive: all.positive, PositiveLabelled: all.positiveLabelled}
		m.Estimate = h.layout.windowEstimate(&window.counts, func() tally { return all })
		m.ExpectedError = h.layout.windowError(&window.counts)
	}
	if window != nil && window.detectors != nil {
		m.EstimateLow = window.estimate.show()
	}
	age, ok := h.maturity, true
	if age == 0 {
		age, ok = maturityOf(h.delays, func() []int64 { return h.waiting(now) })
	}
	if !ok {
		return
	}
	bucket := delayBucket(int64(age))
	m.Accuracy = h.follow(now, cohort.Age{Bucket: uint8(bucket), Nanoseconds: delayEnds[bucket]})
	t := h.sum(math.MinInt64, beginning(now-int64(age)))
	m.Matured = &snapshot.Matured{Age: age, Coverage: snapshot.Coverage{Rows: t.rows, Labelled: t.labelled}, Correct: t.right}
}

// follow returns what the predictions say that have that age at now, as a cohort does.
func (h *tickLedger) follow(now int64, age cohort.Age) *snapshot.Accuracy {
	if h.accuracy == nil {
		return nil
	}
	horizon := now - age.Nanoseconds
	if h.stale || h.folded == nil || age != h.folding || h.folded.Until() > horizon {
		h.folding, h.stale = age, false
		h.folded, h.next = cohort.NewState(h.accuracy), 0
	}
	for ; h.next < len(h.tallies) && h.tallies[h.next].start+tick <= horizon; h.next++ {
		h.foldCohort(h.tallies[h.next])
	}
	return h.folded.Show()
}

// foldCohort folds the rows of one tick.
func (h *tickLedger) foldCohort(t *tickTally) {
	h.folded.Begin(t.start / tick)
	h.count(t)
	slices.SortFunc(t.known, func(a, b *known) int {
		return cmp.Or(strings.Compare(a.key.log, b.key.log), cmp.Compare(a.key.id, b.key.id))
	})
	for _, k := range t.known {
		o, ok := k.outcomeAt(h.folding.Bucket)
		if !ok {
			continue
		}
		h.kinds[min(int(k.kind), len(h.kinds)-1)]--
		h.folded.AddLabelled(&cohort.Labelled{Time: k.time, Kind: k.kind, Expected: k.expected, Loss: o.Loss, Bins: k.bins})
	}
	for kind, n := range h.kinds {
		if kind == len(h.kinds)-1 {
			kind = cohort.NoKind
		}
		if n > 0 {
			h.folded.Add(uint8(kind), n)
		}
	}
	h.folded.Close()
}

// count counts the rows of a tick by kind; the last one is NoKind.
func (h *tickLedger) count(t *tickTally) {
	clear(h.kinds)
	rest := &h.kinds[len(h.kinds)-1]
	if h.oneKind {
		h.kinds[0] = t.rows
		return
	}
	*rest = t.rows
	for _, k := range t.kinds {
		h.kinds[min(int(k.kind), len(h.kinds)-1)] += k.rows
		*rest -= k.rows
	}
}
