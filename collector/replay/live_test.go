package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// said is what an exporter showed at a time.
type said struct {
	moment time.Time
	text   string
}

// replayAll returns what every scrape of a replay showed.
func replayAll(t *testing.T, path string, o monitor.Options, step time.Duration) []said {
	t.Helper()
	o.Log = path
	history, err := openLog(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := history.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	past := newPast(s, o.Window.Lookback)
	windows, stop := follow(t, past, o)
	defer stop()
	var all []said
	w := walk{past: past, source: windows, step: int64(step), age: int64(o.Window.Duration)}
	w.visit = func(s *snapshot.Snapshot) error {
		all = append(all, said{s.Time, describe(s)})
		return nil
	}
	if err := w.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	return all
}

func follow(t *testing.T, log window.Log, o monitor.Options) (monitor.Source, func()) {
	t.Helper()
	specs, err := monitor.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	source, err := monitor.Follow(log, specs, &o)
	if err != nil {
		t.Fatal(err)
	}
	return source, func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

// live is an exporter that is scraped while a log is written.
type live struct {
	*logWriter

	windows monitor.Source
	waiting []event
	said    []said
}

// until writes the events of a period and scrapes at every step.
func (l *live) until(from, to time.Time, step time.Duration) {
	l.t.Helper()
	for now := from.Add(step); !now.After(to); now = now.Add(step) {
		n := slices.IndexFunc(l.waiting, func(e event) bool { return !e.time.Before(now) })
		if n < 0 {
			n = len(l.waiting)
		}
		l.write(l.waiting[:n]...)
		l.waiting = l.waiting[n:]
		l.said = append(l.said, said{now, describe(l.windows.Snapshot(l.t.Context(), now))})
	}
}

// TestReplaySaysWhatALiveExporterSaid writes a log step by step, scrapes it at every step, and
// compares this with a replay of the whole log. When the replay scrapes, it must show the same.
// When it does not, nothing had changed.
func TestReplaySaysWhatALiveExporterSaid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		step   time.Duration
		change func(*monitor.Options)
	}{
		{"by number", 15 * time.Second, func(*monitor.Options) {}},
		{"by number, p-value", 15 * time.Second, func(o *monitor.Options) { o.Sequential = false }},
		{"by age", 15 * time.Second, func(o *monitor.Options) { o.Window.Predictions, o.Window.Duration = 0, 4*time.Minute }},
		{"by both, between ticks", 10 * time.Second, func(o *monitor.Options) { o.Window.Duration = 3 * time.Minute }},
		{"beyond the look-back", time.Minute, func(o *monitor.Options) { o.Window.Predictions, o.Window.Lookback = 50, 64 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := watch(t)
			o.Window = window.Options{Predictions: 200, Lookback: 300, Feedback: 20, Versions: 10}
			test.change(&o)
			w := newLog(t)
			o.Log = w.path
			reader := sqlite.NewReader(w.path)
			windows, stop := follow(t, reader, o)
			defer stop()
			l := &live{logWriter: w, windows: windows}
			// A part of an hour comes twice because the clock is set back between two rows of the
			// log.
			events := story(rand.New(rand.NewPCG(3, uint64(len(test.name)))), start, 60*time.Minute)
			back := slices.IndexFunc(events, func(e event) bool { return e.time.After(start.Add(40 * time.Minute)) })
			for events[back-1].features == "" {
				back--
			}
			l.waiting = events[:back]
			l.until(start, next(events[back-1].time, test.step), test.step)
			// Feedback and errors do not show that the clock was set back.
			l.waiting = slices.DeleteFunc(slices.Clone(events[back:]), func(e event) bool { return e.features == "" })
			for i := range l.waiting {
				l.waiting[i].time = l.waiting[i].time.Add(-11 * time.Minute)
			}
			l.until(next(l.waiting[0].time, test.step).Add(-test.step), next(l.waiting[len(l.waiting)-1].time, test.step), test.step)
			if err := reader.Close(); err != nil {
				t.Fatal(err)
			}
			again := replayAll(t, w.path, o, test.step)
			if len(again) < 40 || len(again) > len(l.said)+1 {
				t.Errorf("%d scrapes of %d", len(again), len(l.said))
			}
			compare(t, l.said, again)
		})
	}
}

// next returns the time of the first scrape after a row.
func next(row time.Time, step time.Duration) time.Time { return row.Truncate(step).Add(step) }

// compare compares a replay with a live exporter.
func compare(t *testing.T, live, again []said) {
	t.Helper()
	last := ""
	for _, l := range live {
		if len(again) > 0 && again[0].moment.Equal(l.moment) {
			last, again = again[0].text, again[1:]
		}
		if last != "" && last != l.text {
			t.Fatalf("at %v: %s", l.moment, difference(l.text, last))
		}
	}
	if len(again) > 1 { // one is for the end of the last tick
		t.Errorf("the replay goes on to %v", again[1].moment)
	}
}

// difference shows the first line that differs between an exporter and a replay.
func difference(exporter, replay string) string {
	a, b := strings.Split(exporter, "\n"), strings.Split(replay, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\nof the exporter %s\nof the replay   %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("the exporter said %d lines, the replay %d", len(a), len(b))
}

// story returns predictions in bursts and with gaps, of two versions, some of them invalid or
// shifted, with feedback and errors between them.
func story(r *rand.Rand, from time.Time, length time.Duration) []event {
	var events []event
	predictions := int64(0)
	for at := from.Add(time.Duration(r.IntN(1e9))); at.Before(from.Add(length)); {
		shift := 0.0
		if at.After(from.Add(length / 3)) {
			shift = 1
		}
		e := event{time: at, version: "1", features: person(r, shift), score: r.Float64()}
		switch n := r.IntN(40); {
		case n == 0:
			e.features = "[]"
		case n < 5:
			e.version = "2"
		case n < 9 && predictions > 0:
			e = event{time: at, about: 1 + r.Int64N(predictions), outcome: fmt.Sprint(r.IntN(2))}
		case n == 9:
			e = event{time: at, reason: "missing_feature"}
		}
		if e.features != "" {
			predictions++
		}
		events = append(events, e)
		switch r.IntN(300) {
		case 0: // a gap
			at = at.Add(time.Duration(r.IntN(500)) * time.Second)
		case 1, 2: // a burst
			for range 100 {
				events = append(events, event{time: at, version: "1", features: person(r, shift), score: r.Float64()})
				predictions++
			}
		default:
			at = at.Add(time.Duration(r.ExpFloat64() * 2e9))
		}
	}
	return events
}

// TestTheEndOfAReplayIsThePresent prunes and erases rows before the replay. The last scrape of
// the replay must show the same as a scrape of the log, including the counters.
func TestTheEndOfAReplayIsThePresent(t *testing.T) {
	t.Parallel()
	w := newLog(t)
	w.write(story(rand.New(rand.NewPCG(9, 9)), start, time.Hour)...)
	w.exec("DELETE FROM predictions WHERE id <= 300 OR id IN (400, 401) OR id = (SELECT max(id) FROM predictions)")
	w.exec("DELETE FROM feedback WHERE seq <= 10")
	w.exec("DELETE FROM errors WHERE seq <= 2")
	o := watch(t)
	o.Log = w.path
	o.Window = window.Options{Predictions: 100, Lookback: 150, Feedback: 20, Versions: 10}
	all := replayAll(t, w.path, o, 15*time.Second)
	end := all[len(all)-1]
	reader := sqlite.NewReader(w.path)
	windows, stop := follow(t, reader, o)
	defer stop()
	now := describe(windows.Snapshot(t.Context(), end.moment))
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if now != end.text {
		t.Error(difference(now, end.text))
	}
	if first := all[0].text; !strings.Contains(first, "Errors:map[missing_feature:2]") {
		t.Errorf("what was deleted is not counted from the beginning:\n%s", first)
	}
}
