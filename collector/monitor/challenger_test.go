package monitor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// duelling writes a log of answers, shadows and outcomes, each at its own time.
type duelling struct {
	t      *testing.T
	random *rand.Rand
	log    *sqlite.Writer
	clock  *time.Time
	due    []happening
}

// happening is something that is written at a time.
type happening struct {
	at    time.Time
	write func()
}

func (d *duelling) later(at time.Time, write func()) { d.due = append(d.due, happening{at, write}) }

// run writes everything in the order of time, and calls look now and then.
func (d *duelling) run(look func()) {
	for len(d.due) > 0 {
		slices.SortStableFunc(d.due, func(a, b happening) int { return a.at.Compare(b.at) })
		next := d.due[0]
		d.due = d.due[1:]
		*d.clock = next.at
		next.write()
		if d.random.IntN(80) == 0 {
			look()
		}
	}
}

// answers returns what a model says, and what comes of it: the challenger is right more often.
func (d *duelling) answers(of value.Prediction) (served, challenger predictionlog.Prediction, truth string) {
	p := predictionlog.Prediction{Model: string(of), Version: "1", Features: fmt.Appendf(nil, `{"x": %d}`, d.random.IntN(7)), Score: .5, Latency: time.Millisecond}
	served, challenger = p, p
	challenger.Version = "2"
	if of == value.Regression {
		x := 1000 * d.random.Float64()
		served.Score, challenger.Score = x+30*d.random.NormFloat64(), x+20*d.random.NormFloat64()
		return served, challenger, strconv.FormatFloat(x, 'g', -1, 64)
	}
	names := []string{"0", "1"}
	if of == value.Multiclass {
		names = []string{"ash", "elm", "oak"}
	}
	truth = names[d.random.IntN(len(names))]
	served.Class, challenger.Class = names[d.random.IntN(len(names))], names[d.random.IntN(len(names))]
	if d.random.IntN(2) == 0 {
		challenger.Class = truth
	}
	return served, challenger, truth
}

// predict writes an answer now, its shadow soon, and outcomes when they are known: some before the
// shadow, some that are none, and some that are corrected.
func (d *duelling) predict(of value.Prediction, at time.Time) {
	served, challenger, truth := d.answers(of)
	after := func(most time.Duration) time.Time { return d.clock.Add(time.Duration(d.random.Int64N(int64(most)))) }
	d.later(at, func() {
		id := d.append(served)
		if d.random.IntN(10) > 0 {
			d.later(after(3*time.Second), func() {
				challenger.ShadowOf = &id
				d.append(challenger)
				if d.random.IntN(20) == 0 {
					d.append(challenger)
				}
			})
		}
		wait := []time.Duration{time.Second, time.Minute, 4 * time.Minute}[d.random.IntN(3)]
		outcome := func(text string, wait time.Duration) {
			d.later(after(wait), func() {
				if _, err := d.log.AppendFeedback(d.t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: text}); err != nil {
					d.t.Fatal(err)
				}
			})
		}
		switch d.random.IntN(10) {
		case 0: // never known
		case 1:
			_, _, other := d.answers(of)
			outcome(other, wait)
			outcome(truth, 2*wait)
		case 2:
			if of != value.Multiclass {
				outcome("unknown", wait)
			}
		default:
			outcome(truth, wait)
		}
	})
}

func (d *duelling) append(p predictionlog.Prediction) int64 {
	records, err := d.log.Append(d.t.Context(), []predictionlog.Prediction{p})
	if err != nil {
		d.t.Fatal(err)
	}
	return records[0].ID
}

// compared returns what a page says of the shadow of a model.
func compared(t *testing.T, m *Monitor, model string) map[string]float64 {
	t.Helper()
	names := map[string]string{
		"model_challenger_samples": "samples", "model_challenger_accuracy_difference": "difference", "model_challenger_accuracy_difference_lower": "lower",
		"model_challenger_accuracy_difference_upper": "upper", "model_challenger_error_difference": "difference", "model_challenger_error_difference_lower": "lower",
		"model_challenger_error_difference_upper": "upper",
	}
	families, err := m.Gatherer(t.Context(), []string{"challenger"}).Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, one := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range one.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if name := names[f.GetName()]; labels["model"] == model && labels["version"] == "1" && labels["challenger"] == "2" {
				if f.GetName() == "model_challenger_evidence" {
					name = labels["better"]
				}
				all[name] = one.GetGauge().GetValue()
			}
		}
	}
	return all
}

// watchingShadows returns options for the three types, the folder of their references, and a clock.
func watchingShadows(t *testing.T, enabled ...string) (o Options, references string, clock *time.Time) {
	t.Helper()
	references, config := t.TempDir(), "models:\n"
	for of, a := range kinds(rand.New(rand.NewPCG(1, 1)), 2000) {
		write(t, references, string(of)+".json", string(referenceOf(t, of, a)))
		config += fmt.Sprintf("  - {name: %s, prediction: {type: %s}, reference: {file: %s.json}}\n", of, of, of)
	}
	clock = new(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
	o = options(t)
	o.ConfigFile, o.Enabled, o.Window.Maturity, o.BootstrapSamples = write(t, references, "config.yml", config), enabled, 90*time.Second, 20
	o.Now = func() time.Time { return *clock }
	return o, references, clock
}

// duel writes a random log, and calls look now and then.
func duel(t *testing.T, seed uint64, o Options, clock *time.Time, look func()) {
	t.Helper()
	w, err := sqlite.OpenWriter(t.Context(), o.Log, sqlite.WriterOptions{Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	d, began := &duelling{t: t, random: rand.New(rand.NewPCG(seed, 3)), log: w, clock: clock}, *clock
	for _, of := range value.Predictions {
		for range 40 + d.random.IntN(40) {
			d.predict(of, began.Add(time.Duration(d.random.Int64N(int64(5*time.Minute)))))
		}
	}
	d.run(look)
	*clock = clock.Add(time.Hour)
	look()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPythonSaysTheSameOfShadows compares random logs of three models with what Python reads in
// them.
func TestPythonSaysTheSameOfShadows(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy, scipy").CombinedOutput(); err != nil {
		t.Skipf("python3 with numpy and scipy is needed for the comparison: %v\n%s", err, out)
	}
	for seed := range uint64(34) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o, references, clock := watchingShadows(t, "challenger")
			m, looks := monitor(t, o), 0
			age := int64(math.Round(1e9 * math.Exp2(math.Ceil(8*math.Log2(o.Window.Maturity.Seconds()))/8)))
			duel(t, seed, o, clock, func() {
				if looks++; seed < 2 || clock.After(clockEnd) {
					ask(t, m, o, age, references)
				} else {
					compared(t, m, "binary")
				}
			})
			if looks < 2 {
				t.Errorf("%d looks", looks)
			}
		})
	}
}

// clockEnd is after the last row, and before the last look.
var clockEnd = time.Date(2026, 11, 1, 12, 30, 0, 0, time.UTC)

// TestAFreshMonitorSaysTheSameOfShadows: so it says the same after a restart. The anchors move.
func TestAFreshMonitorSaysTheSameOfShadows(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{0, 1, 3} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o, _, clock := watchingShadows(t, collector.Names()...)
			o.Sequential, o.FalseAlarmsPerMonth = true, 1
			o.Window.Predictions, o.Window.Lookback = 50, 100
			m, before := monitor(t, o), 0.0
			fell := false
			duel(t, seed, o, clock, func() {
				agree(t, m, o)
				now := compared(t, m, "binary")["samples"]
				fell, before = fell || now < before, now
			})
			if !fell {
				t.Error("no anchor has moved")
			}
		})
	}
}

// agree compares a monitor that has followed a log with a fresh one.
func agree(t *testing.T, m *Monitor, o Options) {
	t.Helper()
	if got, want := lasting(scraped(t.Context(), t, m, nil)), lasting(scraped(t.Context(), t, monitor(t, o), nil)); got != want {
		t.Errorf("at %s:\n%s", o.Now(), differing(got, want))
	}
}

// ask compares a monitor with Python.
func ask(t *testing.T, m *Monitor, o Options, age int64, references string) {
	t.Helper()
	for of, want := range python(t, nil, "testdata/challenger.py", o.Log, fmt.Sprint(age), fmt.Sprint(o.Now().UnixNano()), references) {
		got := compared(t, m, string(of))
		if len(got) == 0 && want["samples"] == 0 { // no shadow yet
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%s at %s: %v, Python says %v", of, o.Now(), got, want)
		}
		for name, x := range want {
			if y, ok := got[name]; !ok || !near(x, y) {
				t.Errorf("%s at %s: %s is %v, and Python says %v", of, o.Now(), name, y, x)
			}
		}
	}
}
