package window

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestSnapshotCountsTheWindow(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	w := log.open(ref, defaults())
	rows := traffic(rand.New(rand.NewPCG(1, 1)), start, 60)
	rows[57] = row{time: rows[57].time, features: `{"income":1e7,"state":"Mars"}`}
	rows[58] = row{time: rows[58].time, features: `{"income":null}`}
	rows[59] = row{time: rows[59].time, features: `{"income":`}
	log.predict(rows...)
	log.feedback(1, "1")
	log.feedback(2, "0")
	log.feedback(1, "0")
	now := start.Add(time.Minute)
	s := see(t, w, now)
	if len(s.Models) != 1 || s.InvalidRows != 1 {
		t.Fatalf("%d models, %d invalid rows", len(s.Models), s.InvalidRows)
	}
	m := s.Models[0]
	if m.Rows.Count != 59 || m.Counters.Invalid != 1 || m.Counters.Latency.Sum != 60*2e6 {
		t.Errorf("%d rows, %d invalid, %d ns of latency", m.Rows.Count, m.Counters.Invalid, m.Counters.Latency.Sum)
	}
	if !m.Rows.Oldest.Equal(start) || !m.Rows.Newest.Equal(start.Add(58*time.Second)) {
		t.Errorf("rows from %v to %v", m.Rows.Oldest, m.Rows.Newest)
	}
	income, state := m.Features()[0], m.Features()[1]
	if income.Missing != 1 || income.OutOfRange != 1 || income.Unseen != 0 || income.Total != 59 || *income.Last != 1e7 {
		t.Errorf("income: %+v", income)
	}
	if state.Missing != 1 || state.Unseen != 1 || state.OutOfRange != 0 || state.Last != nil {
		t.Errorf("state: %+v", state)
	}
	if fine := state.Fine; len(fine) != 8 || fine[0]+fine[1]+fine[2] != 57 || fine[3] != 1 || fine[4] != 1 || state.Axis != nil {
		t.Errorf("state by fine code: %v, axis %v", fine, state.Axis)
	}
	if moved := income.Axis.Wasserstein(income.Fine); !(moved > 0 && moved < 1) {
		t.Errorf("income has moved by %v", moved)
	}
	if income.Null == nil || state.Null == nil || m.Score().Null == nil || m.Class().Null == nil {
		t.Error("a null is missing")
	}
	if p := m.Performance; p.Samples != 2 {
		t.Errorf("the feedback window has %+v, want 2 predictions", p)
	}
	var feedback int64
	for _, n := range m.Counters.Feedback {
		feedback += n
	}
	if feedback != 3 {
		t.Errorf("%d outcomes are counted, want 3", feedback)
	}
}

// TestSnapshotIsAFunctionOfTheLog holds a window that reads every few rows, one
// that reads rarely, and new ones against each other at the same ids, over
// several anchors, with versions that come and go, late rows, clocks that are
// set back and to 2040 and back, broken rows, feedback, and pruning.
func TestSnapshotIsAFunctionOfTheLog(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"by number":       func(o *Options) { o.Predictions, o.Blocks = 300, true },
		"by age":          func(o *Options) { o.Predictions, o.Duration = 0, 10*time.Minute },
		"by both":         func(o *Options) { o.Predictions, o.Duration, o.Blocks = 300, 4*time.Minute, true },
		"few versions":    func(o *Options) { o.Versions = 1 },
		"short look-back": func(o *Options) { o.Lookback = 100 },
		"detectors":       func(o *Options) { o.FalseAlarmsPerMonth, o.Tolerance = 1, .02 },
		"detectors, age":  func(o *Options) { o.FalseAlarmsPerMonth, o.Tolerance, o.Duration = 1, .02, 3*time.Minute },
		"outcomes":        func(o *Options) { o.Lookback = 1500 },
		"outcomes by age": func(o *Options) { o.Lookback, o.Predictions, o.Duration = 600, 0, 10*time.Minute },
		"outcomes, accuracy": func(o *Options) {
			o.Lookback, o.FalseAlarmsPerMonth, o.RetrainCost = 1500, 1, 20
		},
		"outcomes, accuracy by now": func(o *Options) {
			o.Lookback, o.FalseAlarmsPerMonth, o.RetrainCost, o.Maturity = 1500, 1, 20, 3*time.Minute
		},
		"outcomes by now": func(o *Options) { o.Maturity = 3 * time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, ref := newLog(t), normal(t)
			dense := strings.HasPrefix(name, "outcomes")
			if dense {
				ref = normalWith(t, func(r row) string { return fmt.Sprint(int(r.income) % 2) })
			}
			o := defaults()
			o.Predictions, o.Lookback, o.Feedback = 300, 700, 40
			change(&o)
			often, seldom := log.open(ref, o), log.open(ref, o)
			rnd := rand.New(rand.NewPCG(5, uint64(len(name))))
			clock, rows, observed, alarms, matured, followed := start, int64(0), int64(0), 0, 0, 0
			for round := range 60 {
				for range 1 + rnd.IntN(4) {
					batch := traffic(rnd, clock, 1+rnd.IntN(30))
					clock = batch[len(batch)-1].time
					switch rnd.IntN(12) {
					case 0:
						clock = clock.Add(-time.Duration(rnd.IntN(300)) * time.Second)
					case 1:
						batch[0].time = batch[0].time.Add(-20 * time.Second)
					case 2:
						batch[0].features = `{"income"`
					case 3:
						batch[0].time = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
					}
					if round%15 > 7 {
						for i := range batch { // drift, which comes and goes
							batch[i].income += 20000
						}
					}
					if round%20 > 15 {
						for i := range batch {
							batch[i].version = fmt.Sprint(round)
						}
					}
					log.predict(batch...)
					rows += int64(len(batch))
					if dense {
						until := max(observed, rows-rnd.Int64N(40))
						log.outcomes(rnd, observed+1, until, clock)
						observed = until
					} else if rnd.IntN(2) == 0 {
						log.feedback(rows-rnd.Int64N(20), fmt.Sprint(rnd.IntN(2)))
					}
					see(t, often, clock)
				}
				if round%13 == 5 {
					// Rows far behind every anchor go; what they counted stays.
					log.exec(`UPDATE totals_up_to SET up_to_id = (SELECT max(id) FROM predictions) WHERE log = 'predictions'`)
					log.exec(`DELETE FROM predictions WHERE id < (SELECT max(id) FROM predictions) - 2000`)
				}
				if round%4 != 0 {
					continue
				}
				want := describe(see(t, log.open(ref, o), clock))
				alarms += strings.Count(want, "Detected:true")
				followed += strings.Count(want, `"log_evidence":`)
				matured += strings.Count(want, `"Correct":`) - strings.Count(want, `"Correct":0`)
				for who, w := range map[string]*Window{"reads often": often, "reads seldom": seldom} {
					if got := describe(see(t, w, clock)); got != want {
						t.Fatalf("round %d: a window that %s says\n%s", round, who, differing(got, want))
					}
				}
			}
			if dense && matured == 0 {
				t.Error("nothing matured")
			}
			if strings.Contains(name, "accuracy") && followed == 0 {
				t.Error("no accuracy was followed")
			}
			if (alarms > 0) != (o.FalseAlarmsPerMonth > 0) {
				t.Errorf("%d alarms were on", alarms)
			}
		})
	}
}

// TestLateRowAtAnAnchor has a row that is late behind one before the anchor, and
// a window that begins between their times: who has read the earlier row must
// not take its time for the later one.
func TestLateRowAtAnAnchor(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	o := defaults()
	o.Predictions, o.Duration, o.Lookback = 0, time.Hour, 100
	rows := traffic(rand.New(rand.NewPCG(7, 7)), start, 310) // ids from 1
	for i := range rows {
		rows[i].time = start
	}
	rows[198].time = start.Add(10 * time.Second) // id 199
	for i := 200; i < 310; i++ {
		rows[i].time = start.Add(20 * time.Second)
	}
	log.predict(rows[:250]...)
	// The log itself lifts the times of late rows: a writer must have got around it.
	log.exec(`DROP TRIGGER predictions_update`)
	log.exec(`UPDATE predictions SET time = ? WHERE id = 200`, start.UnixNano())
	live := log.open(ref, o)
	see(t, live, start)
	log.predict(rows[250:]...)
	now := start.Add(time.Hour + 5*time.Second)
	for who, w := range map[string]*Window{"live": live, "new": log.open(ref, o)} {
		if got := see(t, w, now).Models[0].Rows.Count; got != 110 {
			t.Errorf("the %s window has %d rows, want the 110 behind the late one", who, got)
		}
	}
}

// TestClocks walks through a clock that is set back, and to 2040 and back: a
// window by number goes on counting, one by age holds what the scrape's clock
// calls recent.
func TestClocks(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	byNumber := log.open(ref, defaults())
	o := defaults()
	o.Predictions, o.Duration = 0, time.Hour
	byAge := log.open(ref, o)
	rnd := rand.New(rand.NewPCG(2, 2))
	for _, step := range []struct {
		name          string
		rows, now     time.Time
		number, byAge int64
	}{
		{"as it should be", start, start, 10, 10},
		{"an hour later", start.Add(2 * time.Hour), start.Add(2 * time.Hour), 20, 10},
		{"set back", start.Add(90 * time.Minute), start.Add(2 * time.Hour), 30, 20},
		{"to 2040", time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), start.Add(2 * time.Hour), 40, 20},
		{"and back", start.Add(2 * time.Hour), start.Add(2 * time.Hour), 50, 30},
	} {
		log.predict(traffic(rnd, step.rows, 10)...)
		now := step.now.Add(10 * time.Second)
		if got := see(t, byNumber, now).Models[0].Rows.Count; got != step.number {
			t.Errorf("%s: %d rows by number, want %d", step.name, got, step.number)
		}
		if got := see(t, byAge, now).Models[0].Rows.Count; got != step.byAge {
			t.Errorf("%s: %d rows by age, want %d", step.name, got, step.byAge)
		}
	}
}

func TestModelWithoutRowsShowsItsReferenceAndCountsFromZero(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	s := see(t, log.open(ref, defaults()), start)
	if len(s.Models) != 1 || s.Models[0].Reference != ref || s.Models[0].Counters == nil || s.Models[0].Distributions != nil {
		t.Errorf("got %+v", s.Models)
	}
}

func TestVersionWithoutReferenceIsCountedOnly(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	rows := traffic(rand.New(rand.NewPCG(3, 3)), start, 5)
	for i := range rows {
		rows[i].version = "2"
	}
	log.predict(rows...)
	s := see(t, log.open(ref, defaults()), start)
	if len(s.Models) != 2 {
		t.Fatalf("%d models, want 2", len(s.Models))
	}
	if m := s.Models[1]; m.Version != "2" || m.Reference != nil || m.Rows.Count != 5 || m.Features() != nil || m.Counters.Classes["0"]+m.Counters.Classes["1"] != 5 {
		t.Errorf("got %+v", m)
	}
}

// TestFailureLeavesTheReferences goes through a log that is missing, made,
// replaced by another one, and removed.
func TestFailureLeavesTheReferences(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	missing := log.path + ".moved"
	if err := os.Rename(log.path, missing); err != nil {
		t.Fatal(err)
	}
	w := log.open(ref, defaults())
	s := w.Snapshot(t.Context(), start)
	if s.Err == nil || len(s.Models) != 1 || s.Models[0].Reference != ref || s.Models[0].Counters != nil {
		t.Fatalf("without a log: %+v", s)
	}
	if err := os.Rename(missing, log.path); err != nil {
		t.Fatal(err)
	}
	log.predict(traffic(rand.New(rand.NewPCG(4, 4)), start, 7)...)
	if n := see(t, w, start).Models[0].Rows.Count; n != 7 {
		t.Errorf("%d rows, want 7", n)
	}
	_ = log.db.Close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(log.path + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	log.create()
	log.predict(traffic(rand.New(rand.NewPCG(4, 4)), start, 3)...)
	if n := see(t, w, start).Models[0].Rows.Count; n != 3 {
		t.Errorf("%d rows of the new log, want 3", n)
	}
}

func TestCutOffScrapeFailsAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	log.predict(traffic(rand.New(rand.NewPCG(6, 6)), start, 3000)...)
	w := log.open(ref, defaults())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s := w.Snapshot(ctx, start); s.Err == nil {
		t.Error("a scrape without time succeeded")
	}
	if n := see(t, w, start).Models[0].Rows.Count; n != 1000 {
		t.Errorf("%d rows, want 1000", n)
	}
}

func TestNewRefusesWindowsWithoutBounds(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Options){
		func(o *Options) { o.Predictions = 0 },
		func(o *Options) { o.Predictions = -1 },
		func(o *Options) { o.Duration = -1 },
		func(o *Options) { o.Lookback = 0 },
		func(o *Options) { o.Feedback = 0 },
		func(o *Options) { o.Versions = 0 },
	} {
		o := defaults()
		change(&o)
		if _, err := New(nil, nil, drift.BinOptions{}, nil, o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
