package cohort

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

const second = int64(1e9)

// ages are ends of buckets that are a minute apart.
func age(bucket uint8) Age { return Age{bucket, int64(bucket) * 60 * second} }

func usual() Options {
	return Options{
		Reference: risk.NewReference([]risk.Stratum{{Rows: 8000, Labels: 8000, Errors: 800}, {Rows: 2000, Labels: 2000, Errors: 800}}, Confidence),
		Kinds:     2, Promise: risk.Options{Tolerance: 0.05, FalseAlarmsPerMonth: 1, Watched: 15},
		Cost: 50, Part: func() int64 { return 1 }, Trained: math.MinInt64,
	}
}

// event is a row, or an outcome of one, in the order of a log.
type event struct {
	id, time int64
	kind     uint8
	expected float64
	outcome  *Outcome
	bins     []uint8
}

// log replays events into a cohort.
type log struct {
	*Cohort

	rows *columns.Store
}

func newLog(o Options) *log {
	rows := columns.New(0, 10)
	return &log{New(rows.Timeline, o), rows}
}

func (l *log) play(events []event) {
	for _, e := range events {
		if e.outcome == nil {
			l.rows.Add(e.id, e.time, nil)
			l.Add(e.kind, e.expected, e.bins)
		} else if i := l.rows.Search(l.rows.First(), e.id); i < l.rows.Next() && l.rows.ID(i) == e.id {
			l.Outcome(i, *e.outcome)
		}
	}
}

func (l *log) drop(anchor int64) {
	first := l.rows.Search(l.rows.First(), anchor)
	l.rows.Forget(anchor)
	l.Forget(first)
	l.rows.DropBefore(first)
}

// story makes rows, most of them with an outcome soon, some late, some twice, and with a clock
// that is set back at times.
func story(r *rand.Rand, n int, setbacks bool, wrong func(i int) float64) []event {
	var all []event
	now, sequence := int64(1_000_000)*second, int64(0)
	for id := range int64(n) {
		now += r.Int64N(4 * second)
		if setbacks && r.IntN(2000) == 0 {
			now -= 400 * second
		}
		kind := uint8(r.IntN(5) / 4)
		if r.IntN(100) == 0 {
			kind = NoKind
		}
		all = append(all, event{id: id, time: now, kind: kind, expected: 0.1 + 0.3*float64(kind%2)})
		for k := range (1 + r.IntN(3)) * min(1, r.IntN(20)) {
			about := id
			if k > 0 {
				about = r.Int64N(id + 1)
			}
			loss := 0.0
			if r.Float64() < wrong(int(about)) {
				loss = 1
			}
			sequence++
			all = append(all, event{id: about, outcome: &Outcome{sequence, uint8(r.IntN(6) * r.IntN(2) * r.IntN(2)), loss}})
		}
	}
	return all
}

// TestWhatItSaysIsAFunctionOfTheLog asks one cohort while the log grows, and another one once
// it has all: both say the same at every time.
func TestWhatItSaysIsAFunctionOfTheLog(t *testing.T) {
	t.Parallel()
	for _, setbacks := range []bool{false, true} {
		r := rand.New(rand.NewPCG(1, 2))
		events := story(r, 12_000, setbacks, func(i int) float64 { return 0.15 + 0.4*float64(i/6000) })
		last := events[0].time
		asked, folded := newLog(usual()), 0
		anchor, outcomes, after := int64(0), int64(0), int64(math.MinInt64)
		for from := 0; from < len(events); {
			to := min(len(events), from+r.IntN(400))
			asked.play(events[from:to])
			from = to
			for _, e := range events[:to] {
				last = max(last, e.time)
			}
			if r.IntN(20) == 0 {
				anchor += r.Int64N(300)
				outcomes += r.Int64N(300)
				asked.drop(anchor)
				after = events[0].time + anchor*second
				asked.ForgetOutcomes(outcomes, after)
			}
			now, a := last-second*r.Int64N(100), age(uint8(1+to*3/len(events)))
			said := asked.At(now, a)
			if from%7 > 0 && to < len(events) {
				continue
			}
			fresh := newLog(usual())
			var since []event
			for _, e := range events[:to] {
				if e.id >= anchor {
					since = append(since, e)
				}
			}
			fresh.play(since)
			fresh.ForgetOutcomes(outcomes, after)
			if anew := fresh.At(now, a); !reflect.DeepEqual(said, anew) {
				t.Fatalf("setbacks %v, after %d events: it says %+v %+v, anew %+v %+v", setbacks, to, said, said.Drop, anew, anew.Drop)
			}
			folded++
		}
		if folded < 10 {
			t.Fatal("hardly ever compared")
		}
		if a := asked.At(last+3600*second, age(3)); a.Drop == nil || !a.Drop.Detected || a.Labels < 1000 {
			t.Errorf("setbacks %v: a rise by .4 is not found: %+v %+v %+v, effect %v, anchor %v", setbacks, a, a.Drop, a.Normal, asked.state.drop.detector.Effect(), anchor)
		}
	}
}

// steady makes rows of which those with an outcome get it at once.
func steady(n int, kind func(i int) uint8, expected float64, outcome func(i int) (loss float64, ok bool)) []event {
	var all []event
	for i := range n {
		all = append(all, event{id: int64(i), time: int64(i+1) * second, kind: kind(i), expected: expected})
		if loss, ok := outcome(i); ok {
			all = append(all, event{id: int64(i), outcome: &Outcome{int64(i), 0, loss}})
		}
	}
	return all
}

func say(o Options, events []event) *snapshot.Accuracy {
	l := newLog(o)
	l.play(events)
	return l.At(math.MaxInt64/2, age(1))
}

func onlyKind(int) uint8 { return 0 }

func errors(r *rand.Rand, rate func(i int) float64) func(int) (float64, bool) {
	return func(i int) (float64, bool) {
		if r.Float64() < rate(i) {
			return 1, true
		}
		return 0, true
	}
}

func TestOutcomesThatComeLaterDoNotCount(t *testing.T) {
	t.Parallel()
	l := newLog(usual())
	l.play([]event{{id: 0, time: second}, {id: 1, time: second}, {id: 2, time: second}})
	l.play([]event{{id: 0, outcome: &Outcome{0, 0, 0}}, {id: 1, outcome: &Outcome{1, 3, 1}}, {id: 0, outcome: &Outcome{2, 5, 1}}})
	if a := l.At(61*second+15*second, age(1)); a.Labels != 1 || a.Recent != 3 {
		t.Errorf("at the age 1: %+v", a)
	}
	if a := l.At(241*second+15*second, age(4)); a.Labels != 2 {
		t.Errorf("at the age 4: %+v", a)
	}
	if a := l.At(second, age(1)); a.Recent != 0 {
		t.Errorf("before they are mature: %+v", a)
	}
}

func TestFewOutcomesSilenceIt(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	wrong := errors(r, func(int) float64 { return 0.6 })
	a := say(usual(), steady(5000, onlyKind, 0.1, func(i int) (float64, bool) {
		loss, _ := wrong(i)
		return loss, i%4 > 0
	}))
	if !a.Silent || a.Drop != nil || a.Excess != nil || a.Recent < 1000 || a.Recent >= 1015 ||
		math.Abs(float64(a.Labelled)/float64(a.Recent)-.75) > .002 {
		t.Errorf("coverage .75: %+v", a)
	}
	a = say(usual(), steady(5000, onlyKind, 0.1, func(i int) (float64, bool) {
		loss, _ := wrong(i)
		return loss, i%10 > 0
	}))
	if a.Silent || a.Drop == nil || !a.Drop.Detected || !a.Concept.Detected || a.Excess.Lower < 50 || !a.Excess.Exceeded {
		t.Errorf("coverage .9: %+v", a)
	}
}

// If predictions of the class that is often wrong no longer get an outcome, or others do not,
// nothing has become worse.
func TestAChangeOfWhichPredictionsGetAnOutcomeIsNoRise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, missing := range []uint8{0, 1} {
		kind := func(i int) uint8 { return uint8(i % 5 / 4) }
		a := say(usual(), steady(60_000, kind, math.NaN(), func(i int) (float64, bool) {
			rate := 0.1 + 0.3*float64(kind(i))
			if i > 20_000 && kind(i) == missing && r.Float64() < 0.2 {
				return 0, false
			}
			return map[bool]float64{true: 1}[r.Float64() < rate], true
		}))
		if a.Drop == nil || a.Drop.Detected || a.Silent {
			t.Errorf("kind %d: %+v %+v", missing, a, a.Drop)
		}
	}
}

func TestEachDetectorHasItsOwnNormal(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		name                   string
		expected               float64
		rate                   func(i int) float64
		drop, decline, concept bool
	}{
		{"quiet", 0.16, func(int) float64 { return 0.16 }, false, false, false},
		{"worse than the reference, from the beginning, as the scores say", 0.4, func(int) float64 { return 0.4 }, true, false, false},
		{"worse than at first, still better than the reference", math.NaN(), func(i int) float64 { return 0.02 + 0.14*float64(min(i/5000, 1)) }, false, true, false},
		{"worse than the scores say", 0.02, func(int) float64 { return 0.16 }, false, false, true},
	} {
		a := say(usual(), steady(20_000, func(i int) uint8 { return uint8(i % 5 / 4) }, c.expected, errors(r, c.rate)))
		got := [3]bool{a.Drop.Detected, a.Decline.Detected, a.Concept != nil && a.Concept.Detected}
		if want := [3]bool{c.drop, c.decline, c.concept}; got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

func TestTheCostIsForgottenAfterRecovery(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	rate := func(i int) float64 {
		if i > 3000 && i < 8000 {
			return 0.4
		}
		return 0.1
	}
	kind := func(i int) uint8 { return uint8(i % 5 / 4) }
	events := steady(8000, kind, math.NaN(), errors(r, rate))
	if x := say(usual(), events).Excess; !x.Exceeded || x.Since == nil || x.Since.Unix() < 3000 || x.Since.Unix() > 7500 || x.Lower < 50 {
		t.Errorf("during the rise: %+v", x)
	}
	events = steady(14_000, kind, math.NaN(), errors(r, rate))
	if a := say(usual(), events); a.Excess.Exceeded || a.Excess.Lower > 0 || a.Excess.Labels > 6000 || a.Drop.Detected {
		t.Errorf("long after it: %+v %+v", a.Excess, a.Drop)
	}
}

func TestWithoutAReferenceTheModelIsComparedWithItself(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	o := usual()
	o.Reference, o.Kinds = nil, 0
	a := say(o, steady(10_000, func(int) uint8 { return NoKind }, math.NaN(), errors(r, func(i int) float64 { return 0.1 + 0.3*float64(i/5000) })))
	if a.Drop != nil || a.Excess != nil || a.Normal != nil || a.Decline == nil || !a.Decline.Detected || a.Decline.Since == nil || a.Labelled < 1000 || a.Labelled >= 1015 {
		t.Errorf("%+v", a)
	}
}

func TestLossesOfARegression(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	o := usual()
	o.Losses, o.Kinds, o.Reference = true, 1, risk.NewReference([]risk.Stratum{{Rows: 5000, Labels: 5000, Errors: 1000}}, Confidence)
	for _, c := range []struct {
		mean float64
		want bool
	}{{0.2, false}, {0.4, true}} {
		a := say(o, steady(12_000, onlyKind, math.NaN(), func(int) (float64, bool) { return math.Pow(r.Float64(), 1/c.mean-1), true }))
		if a.Drop == nil || a.Drop.Detected != c.want || a.Excess.Exceeded != c.want {
			t.Errorf("mean loss %v: %+v %+v", c.mean, a.Drop, a.Excess)
		}
	}
}

// TestTheSliceWhoseAccuracyFellIsNamedFirst has accuracy fall only where two features are in one
// bin each: the second bin of the first feature and the first of the second one.
func TestTheSliceWhoseAccuracyFellIsNamedFirst(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(17, 18))
	known := func(bins int) (known, right []int64) {
		for range bins {
			known, right = append(known, 2000), append(right, 1600)
		}
		return known, right
	}
	segments := &Segments{Pairs: true, FalsePerMonth: 1, Tolerance: 0.05}
	for _, n := range []int{3, 5, 4, 10} {
		k, ok := known(n)
		segments.Bins, segments.Known, segments.Right = append(segments.Bins, n), append(segments.Known, k), append(segments.Right, ok)
	}
	bad := func(b []uint8) bool { return b[0] == 1 && b[1] == 0 }
	run := func(pairs bool, rate func(b []uint8, i int) float64) *snapshot.Segments {
		segments.Pairs = pairs
		o := usual()
		o.Segments = segments
		events := steady(20_000, onlyKind, math.NaN(), func(int) (float64, bool) { return 0, true })
		bins := make([]uint8, 4)
		for i := range events {
			if e := &events[i]; e.outcome == nil {
				bins = []uint8{uint8(r.IntN(3)), uint8(r.IntN(5)), uint8(r.IntN(4)), uint8(r.IntN(10))}
				e.bins = bins
			} else if r.Float64() < rate(bins, int(e.id)) {
				e.outcome.Loss = 1
			}
		}
		return say(o, events).Segments
	}
	fell := func(b []uint8, i int) float64 {
		if i > 5000 && bad(b) {
			return 0.7
		}
		return 0.2
	}
	for _, pairs := range []bool{false, true} {
		if quiet := run(pairs, func([]uint8, int) float64 { return 0.2 }); len(quiet.Segments) > 0 || quiet.Followed < 22 {
			t.Errorf("nothing fell, pairs %v: %+v", pairs, quiet)
		}
	}
	first := run(true, fell).Segments
	if len(first) == 0 || !reflect.DeepEqual(first[0].Parts, []snapshot.SegmentPart{{Feature: 0, Bin: 1}, {Feature: 1, Bin: 0}}) {
		t.Fatalf("named first: %+v", first)
	}
	if s := first[0]; s.Labels < 500 || math.Abs(float64(s.Errors)/float64(s.Labels)-0.7) > 0.05 || s.LogEvidence < s.Threshold {
		t.Errorf("%+v", s)
	}
	for _, s := range run(false, fell).Segments {
		if p := s.Parts[0]; p != (snapshot.SegmentPart{Feature: 0, Bin: 1}) && p != (snapshot.SegmentPart{Feature: 1, Bin: 0}) {
			t.Errorf("a slice whose accuracy did not fall by itself is named: %+v", s)
		}
	}
}
