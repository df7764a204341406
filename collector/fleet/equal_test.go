package fleet

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

func options(all []window.Spec) Options {
	return Options{
		Specs: all,
		Window: window.Options{
			Duration: 30 * time.Minute, Lookback: 1 << 40, Feedback: 300, Versions: 10, FalseAlarmsPerMonth: 1, Tolerance: .02, AccuracyTolerance: .05,
			RetrainCost: 50, Segments: true, TrailStep: time.Minute, TrailPoints: 1000,
		},
		Samples: 199, Interval: time.Minute, Lateness: lateness, Lookback: 24 * time.Hour, Labels: 48 * time.Hour,
	}
}

func newEngine(t *testing.T, log Log, o Options) *Engine {
	t.Helper()
	e, err := New(log, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// fixed shows one snapshot.
type fixed struct{ snapshot *snapshot.Snapshot }

func (f *fixed) Snapshot(_ context.Context, now time.Time) *snapshot.Snapshot {
	s := *f.snapshot
	s.Time = now
	return &s
}
func (*fixed) Ready(context.Context) error { return nil }
func (*fixed) Close() error                { return nil }

// page returns every metric of a snapshot, by name and labels.
func page(t *testing.T, s *snapshot.Snapshot) map[string]float64 {
	t.Helper()
	if s.Err != nil {
		t.Fatal(s.Err)
	}
	m, err := monitor.New(monitor.Options{
		Log: "none", Open: func(*monitor.Options, []window.Spec) (monitor.Source, error) { return &fixed{s}, nil },
		Window:           window.Options{Duration: time.Hour, Lookback: 1, Feedback: 1, Versions: 1},
		BootstrapSamples: 199, Significance: .05, Tolerance: .02, Sequential: true, FalseAlarmsPerMonth: 1, Enabled: collector.Names(),
		Retraining: assess.Retraining{Tolerance: .05, Cost: 50, MinimumLabels: 100}, Now: func() time.Time { return s.Time },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	families, err := m.Gatherer(t.Context(), nil).Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, one := range f.GetMetric() {
			name := f.GetName()
			for _, l := range one.GetLabel() {
				name += fmt.Sprintf(" %s=%q", l.GetName(), l.GetValue())
			}
			if !strings.HasPrefix(name, "drift_scrape_collector_duration_seconds") && !strings.HasPrefix(name, "drift_exporter_config") && !strings.HasPrefix(name, "drift_fleet_") {
				values(all, name, one)
			}
		}
	}
	return all
}

func values(all map[string]float64, name string, m *dto.Metric) {
	switch {
	case m.GetHistogram() != nil:
		h := m.GetHistogram()
		all[name+" sum"], all[name+" count"] = h.GetSampleSum(), float64(h.GetSampleCount())
		for _, b := range h.GetBucket() {
			all[fmt.Sprint(name, " le=", b.GetUpperBound())] = float64(b.GetCumulativeCount())
		}
	case m.GetCounter() != nil:
		all[name] = m.GetCounter().GetValue()
	default:
		all[name] = m.GetGauge().GetValue()
	}
}

// compare fails for every metric that differs.
func compare(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	said := 0
	for name, w := range want {
		g, ok := got[name]
		if ok && (g == w || math.Abs(g-w) <= 1e-9*math.Max(1, math.Abs(w)) || math.IsNaN(g) && math.IsNaN(w)) {
			continue
		}
		if said++; said < 20 {
			t.Errorf("%s: %s is %v (%v), want %v", what, name, g, ok, w)
		}
	}
	for name, g := range got {
		if _, ok := want[name]; !ok {
			if said++; said < 20 {
				t.Errorf("%s: %s is %v, want none", what, name, g)
			}
		}
	}
}

// trails are not metrics, but the page shows them. A log adds the point of a tick when the next one
// begins, so that of the last tick is left out.
func trails(s *snapshot.Snapshot) (all []string) {
	for i := range s.Models {
		m := &s.Models[i]
		if m.Rows.Newest == nil {
			continue
		}
		last := m.Rows.Newest.Truncate(tick.Length).Add(tick.Length)
		for d := range m.Distributions.All() {
			if d.Trail == nil {
				continue
			}
			for k, at := range d.Trail.Times {
				if at.Before(last) {
					all = append(all, fmt.Sprintf("%s %s %s %v: %d %.9f", m.Name, m.Version, d.Name, at, d.Trail.Rows[k], d.Trail.KL[k]))
				}
			}
			for _, c := range d.Trail.Changes {
				all = append(all, fmt.Sprintf("%s %s %s %v: %v %d %.9f", m.Name, m.Version, d.Name, c.Time, c.Detected, c.Rows, *c.KL))
			}
		}
		if m.Performance != nil {
			for _, p := range m.Performance.Trail {
				all = append(all, fmt.Sprintf("%s %s accuracy %v", m.Name, m.Version, p))
			}
		}
	}
	return all
}

// TestFiveLogsSayWhatOneLogSays ships the rows of one log from five replicas, and compares every
// metric at twenty instants.
func TestFiveLogsSayWhatOneLogSays(t *testing.T) {
	t.Parallel()
	rows := 100_000
	if testing.Short() {
		rows = 20_000
	}
	s := newStory(t, 1, rows)
	s.tell(t)
	sayTheSame(t, s, &s.shipped, func() {})
}

// sayTheSame compares what an engine of a log says with a window over one log of the same rows, at
// twenty instants. ship is called before each: the log then has what has been shipped by now.
func sayTheSame(t *testing.T, s *story, shipped Log, ship func()) {
	t.Helper()
	all, told := s.log()
	o := options(specs(t))
	nulls := drift.NewNulls(o.Samples, 2)
	defer nulls.Close()
	log := &single{}
	w, err := window.New(log, o.Specs, o.Bins, nulls, o.Window)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Snapshot(t.Context(), begin).Err; err != nil { // counts from nothing
		t.Fatal(err)
	}
	e := newEngine(t, shipped, o)
	found := map[string]int{"feature_drift_detected": 0, "model_accuracy_drop_detected": 0, "model_matured_accuracy": 0}
	for i := range 20 {
		s.shipped.now = begin.UnixNano() + (lasts+1500*second)*int64(i+1)/20
		ship()
		if err := e.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		until := time.Unix(0, e.until)
		for len(all) > 0 && all[0].effective < e.until {
			log.rows, all = append(log.rows, all[0].Row), all[1:]
		}
		for len(told) > 0 && told[0].effective < e.until {
			log.feedback, told = append(log.feedback, told[0].FeedbackRow), told[1:]
		}
		got, want := e.Snapshot(t.Context(), until), w.Snapshot(t.Context(), until)
		what := fmt.Sprintf("instant %d, %v", i, until.UTC().Format(time.TimeOnly))
		shown := page(t, want)
		compare(t, what, page(t, got), shown)
		compareTrails(t, what, trails(got), trails(want))
		if t.Failed() {
			t.FailNow()
		}
		for name, x := range shown {
			for metric := range found {
				if strings.HasPrefix(name, metric) && x > 0 {
					found[metric]++
				}
			}
		}
	}
	t.Logf("%d rows, %d outcomes, %d metrics; above 0: %v", len(log.rows), len(log.feedback), len(page(t, e.Snapshot(t.Context(), begin))), found)
	if len(all) > 0 {
		t.Errorf("%d rows are left", len(all))
	}
	if found["feature_drift_detected"] == 0 || found["model_matured_accuracy"] == 0 {
		t.Errorf("%v: nothing to compare", found)
	}
}

func compareTrails(t *testing.T, what string, got, want []string) {
	t.Helper()
	for k := range min(len(got), len(want)) {
		if got[k] != want[k] {
			t.Fatalf("%s: trails have %q, want %q", what, got[k], want[k])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: trails have %d points, want %d", what, len(got), len(want))
	}
}
