package fleet

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// short are options whose anchors move during a story.
func short(all []window.Spec) Options {
	o := options(all)
	o.Lookback, o.Labels, o.Samples = time.Hour, 2*time.Hour, 59
	return o
}

// at has an engine read what had been shipped then, since the beginning of a story.
func at(t *testing.T, e *Engine, m *memory, since time.Duration) *snapshot.Snapshot {
	t.Helper()
	m.now = begin.UnixNano() + int64(since)
	if err := e.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e.Snapshot(t.Context(), time.Unix(0, e.until))
}

// TestItSaysTheSameHoweverOftenItReads compares an engine that reads every minute, one that reads
// rarely and new ones, while anchors pass, replicas die and come back, and rows come late.
func TestItSaysTheSameHoweverOftenItReads(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"detectors": func(*Options) {},
		"maturity":  func(o *Options) { o.Window.Maturity = 20 * time.Minute },
		"none":      func(o *Options) { o.Window.FalseAlarmsPerMonth = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, 2, 4000)
			s.tell(t)
			o := short(specs(t))
			change(&o)
			often, seldom := newEngine(t, &s.shipped, o), newEngine(t, &s.shipped, o)
			for minute := range 6*60 + 25 {
				// Reading twice at one time changes nothing.
				got := at(t, often, &s.shipped, time.Duration(minute)*time.Minute+7*time.Second)
				if minute%40 != 39 {
					continue
				}
				rare := at(t, seldom, &s.shipped, time.Duration(minute)*time.Minute+7*time.Second)
				fresh := newEngine(t, &s.shipped, o)
				want := at(t, fresh, &s.shipped, time.Duration(minute)*time.Minute+7*time.Second)
				if often.until != fresh.until || seldom.until != fresh.until {
					t.Fatalf("minute %d: ends at %d, %d and %d", minute, often.until, seldom.until, fresh.until)
				}
				shown := page(t, want)
				compare(t, "often", page(t, got), shown)
				compare(t, "seldom", page(t, rare), shown)
				if !reflect.DeepEqual(trails(got), trails(want)) {
					t.Error("the trails differ")
				}
				if t.Failed() {
					t.Fatalf("minute %d", minute)
				}
			}
			if n := often.refolds.Load(); n > 0 {
				t.Errorf("it folded everything again %d times", n)
			}
			if often.Snapshot(t.Context(), begin).Fleet.Late == 0 {
				t.Error("nothing was late")
			}
		})
	}
}

// TestTheOrderOfArrivalDoesNotMatter shows an engine the records in random order, some of them
// long after they were shipped. In the end it says what one says that reads them once.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		s := newStory(t, 10+seed, 3000)
		s.tell(t)
		r := rand.New(rand.NewPCG(seed, 3))
		o := options(specs(t))
		seen := &memory{}
		e := newEngine(t, seen, o)
		records, outcomes := slices.Clone(s.shipped.records), slices.Clone(s.shipped.outcomes)
		r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		r.Shuffle(len(outcomes), func(i, j int) { outcomes[i], outcomes[j] = outcomes[j], outcomes[i] })
		end := 3 * time.Hour
		for len(records) > 0 || len(outcomes) > 0 {
			n, m := min(len(records), r.IntN(len(s.shipped.records)/4)), min(len(outcomes), r.IntN(len(s.shipped.outcomes)/4))
			seen.records, records = append(seen.records, records[:n]...), records[n:]
			seen.outcomes, outcomes = append(seen.outcomes, outcomes[:m]...), outcomes[m:]
			at(t, e, seen, end)
		}
		// Whatever turned up is within the hour that is checked, or the start was later.
		fresh := newEngine(t, seen, o)
		want := at(t, fresh, seen, end)
		compare(t, "in any order", page(t, at(t, e, seen, end)), page(t, want))
		if e.refolds.Load() == 0 {
			t.Error("nothing was folded again")
		}
	}
}

// TestAFailureLeavesTheLastState: the page stays, says that it is not the newest, and goes on
// without a gap.
func TestAFailureLeavesTheLastState(t *testing.T) {
	t.Parallel()
	s := newStory(t, 3, 4000)
	s.tell(t)
	o := options(specs(t))
	e := newEngine(t, &s.shipped, o)
	gone := errors.New("gone")
	s.shipped.err = gone
	if err := e.Read(t.Context()); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	if s := e.Snapshot(t.Context(), begin); !errors.Is(s.Err, gone) || len(s.Models) != 3 {
		t.Errorf("before the first state: %v, %d models", s.Err, len(s.Models))
	}
	if err := e.Ready(t.Context()); !errors.Is(err, gone) {
		t.Errorf("ready: %v", err)
	}
	s.shipped.err = nil
	before := at(t, e, &s.shipped, time.Hour)
	if err := e.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	s.shipped.err = gone
	for minute := range 10 {
		s.shipped.now += int64(time.Minute)
		if err := e.Read(t.Context()); !errors.Is(err, gone) {
			t.Fatal(err)
		}
		now := begin.Add(time.Hour + time.Duration(minute)*time.Minute)
		if s := e.Snapshot(t.Context(), now); s.Err != nil || !errors.Is(s.Behind, gone) || !reflect.DeepEqual(s.Models, before.Models) || !s.Time.Equal(now) {
			t.Fatalf("minute %d: %v, %v", minute, s.Err, s.Behind)
		}
	}
	s.shipped.err = nil
	after := at(t, e, &s.shipped, time.Hour+11*time.Minute)
	compare(t, "after the failure", page(t, after), page(t, at(t, newEngine(t, &s.shipped, o), &s.shipped, time.Hour+11*time.Minute)))
	if e.refolds.Load() != 0 {
		t.Error("it folded again")
	}
}

// failing fails at one question of a reading.
type failing struct {
	*memory

	questions, fail int
}

var errBroken = errors.New("broken")

func (f *failing) asked() error {
	if f.questions++; f.questions == f.fail {
		return errBroken
	}
	return nil
}

func (f *failing) State(ctx context.Context) (tick.State, error) {
	if err := f.asked(); err != nil {
		return tick.State{}, err
	}
	return f.memory.State(ctx)
}

func (f *failing) Totals(ctx context.Context, before int64) ([]tick.Sum, int64, error) {
	if err := f.asked(); err != nil {
		return nil, 0, err
	}
	return f.memory.Totals(ctx, before)
}

func (f *failing) Ticks(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	half := f.asked()
	n := 0
	return f.memory.Ticks(ctx, from, until, func(s *tick.Sum) error {
		if n++; n > 5 && half != nil {
			return half
		}
		return yield(s)
	})
}

func (f *failing) Outcomes(ctx context.Context, from, until int64, yield func(*tick.Outcome) error) error {
	half := f.asked()
	n := 0
	return f.memory.Outcomes(ctx, from, until, func(o *tick.Outcome) error {
		if n++; n > 5 && half != nil {
			return half
		}
		return yield(o)
	})
}

func (f *failing) Late(ctx context.Context, from, until int64) ([]tick.Late, error) {
	if err := f.asked(); err != nil {
		return nil, err
	}
	return f.memory.Late(ctx, from, until)
}

func (f *failing) Records(ctx context.Context, from, until int64) (map[int64]int64, error) {
	if err := f.asked(); err != nil {
		return nil, err
	}
	return f.memory.Records(ctx, from, until)
}

// TestAReadingThatIsCutOffIsRepeated fails at every question in turn.
func TestAReadingThatIsCutOffIsRepeated(t *testing.T) {
	t.Parallel()
	s := newStory(t, 4, 2000)
	s.tell(t)
	o := options(specs(t))
	o.Samples = 59
	m := s.shipped
	want := page(t, at(t, newEngine(t, &m, o), &m, 2*time.Hour))
	for fail := range 12 {
		one := s.shipped
		f := &failing{memory: &one}
		e := newEngine(t, f, o)
		at(t, e, &one, time.Hour)
		f.questions, f.fail = 0, fail+1
		one.now = begin.UnixNano() + int64(2*time.Hour)
		err := e.Read(t.Context())
		if f.questions >= f.fail && !errors.Is(err, errBroken) {
			t.Fatalf("question %d: %v", fail, err)
		}
		f.fail = 0
		compare(t, "after a failure", page(t, at(t, e, &one, 2*time.Hour)), want)
	}
}

func TestFinalTicks(t *testing.T) {
	t.Parallel()
	log := func(through, shipped int64) tick.LogState {
		return tick.LogState{Through: through * second, ShippedAt: shipped * second}
	}
	for _, test := range []struct {
		name       string
		logs       []tick.LogState
		last, want int64
	}{
		{"nothing has been shipped", nil, 0, 1845}, // 2000 - 150
		{"all have shipped", []tick.LogState{log(1990, 1995), log(1982, 1985)}, 0, 1980},
		{"one is slow", []tick.LogState{log(1990, 1995), log(1900, 1995)}, 0, 1890},
		{"one is far behind", []tick.LogState{log(1990, 1995), log(100, 1995)}, 0, 1845},
		{"one is dead", []tick.LogState{log(1990, 1995), log(1700, 1800)}, 0, 1980},
		{"a clock is ahead", []tick.LogState{log(9000, 1995)}, 0, 1995},
		{"never back", []tick.LogState{log(1900, 1995)}, 1950, 1950},
	} {
		s := &tick.State{Now: 2000 * second, Logs: test.logs}
		if got := final(s, lateness, test.last*second); got != test.want*second {
			t.Errorf("%s: got %d, want %d", test.name, got/second, test.want)
		}
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Window.Predictions = 1000 }, "--window.predictions=1000"},
		{func(o *Options) { o.Window.Duration = 0 }, "--window.duration=0s"},
		{func(o *Options) { o.Window.Duration = time.Second }, "--window.duration=1s"},
		{func(o *Options) { o.Window.Blocks = true }, "--drift.dependence"},
		{func(o *Options) { o.Lookback = time.Minute }, "--bigquery.lookback=1m"},
		{func(o *Options) { o.Labels = o.Lookback }, "--bigquery.label-lookback"},
		{func(o *Options) { o.Interval = 0 }, "--bigquery.interval=0s"},
		{func(o *Options) { o.Lateness = -1 }, "--ship.lateness"},
		{func(o *Options) { o.Window.Versions = 0 }, "--versions.max"},
	} {
		o := options(nil)
		test.change(&o)
		if e, err := New(&memory{}, o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
			if err == nil {
				_ = e.Close()
			}
		}
	}
}

// TestAVersionWithoutAnAnswerIsAShadow has a version whose predictions are all shadows, until one is
// answered.
func TestAVersionWithoutAnAnswerIsAShadow(t *testing.T) {
	t.Parallel()
	s := newStory(t, 1, 1)
	shipped := &memory{}
	e := newEngine(t, shipped, options(specs(t)))
	is := func(minute int64, shadow bool) bool {
		t.Helper()
		counts, now := tick.NewCounts(s.coder(t)), begin.UnixNano()+60*minute*second
		for version, of := range map[string]bool{"1": false, "2": shadow} {
			counts.Prediction(&predictionlog.Row{
				ID: minute, Time: now - 1, Model: "binary", Version: version, Class: "1", Score: .5, HasScore: true,
				Features: []byte(`{"x": 1, "c": "a"}`), Shadow: of, Latency: -1,
			})
		}
		for _, r := range append(counts.Records(), tick.Record{Tick: tick.Start(now)}) {
			r.LogID, r.Sequence, r.ShippedAt, r.Through = "one", minute, now, tick.Start(now)
			shipped.records = append(shipped.records, r)
		}
		found := map[string]bool{}
		for _, m := range at(t, e, shipped, time.Duration(minute)*time.Minute).Models {
			if m.Name == "binary" && m.Rows.Newest != nil {
				found[m.Version] = m.Rows.Shadow
			}
		}
		if len(found) != 2 || found["1"] {
			t.Errorf("minute %d: %v", minute, found)
		}
		return found["2"]
	}
	for minute, want := range []bool{true, true, false, false} {
		if got := is(int64(minute)+1, minute != 2); got != want {
			t.Errorf("minute %d: shadow %t, want %t", minute, got, want)
		}
	}
}
