package replay

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

func TestAMonthOfQuietTrafficRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	w := newLog(t)
	const minutes = 30 * 24 * 60
	w.write(traffic(rand.New(rand.NewPCG(1, 1)), start, time.Minute, minutes, 0)...)
	report := replayed(t, Options{Log: w.path, Settings: []Setting{{Watch: watch(t)}}})
	r := report.Results[0]
	if names := alarmed(t, r); names != nil {
		t.Errorf("alarms of %v in quiet traffic", names)
	}
	if m := r.Models[0]; m.Rows != minutes || len(m.Distributions) != 4 {
		t.Errorf("%d rows and %d distributions, want %d and 4", m.Rows, len(m.Distributions), minutes)
	}
	if span := r.span(report.Step); span < 29*24*time.Hour || span > 31*24*time.Hour {
		t.Errorf("the replay spans %v", span)
	}
	// The rows are a minute apart, so between two rows three of four steps cannot differ.
	if r.Scrapes > minutes+1 {
		t.Errorf("%d scrapes of %d rows", r.Scrapes, minutes)
	}
}

// drifting is a log with two quiet hours, an hour in which income is half a standard deviation
// higher, and two quiet hours.
func drifting(t testing.TB) *logWriter {
	t.Helper()
	w := newLog(t)
	r := rand.New(rand.NewPCG(2, 1))
	w.write(traffic(r, start, time.Second, 7200, 0)...)
	w.write(traffic(r, start.Add(2*time.Hour), time.Second, 3600, .5)...)
	w.write(traffic(r, start.Add(3*time.Hour), time.Second, 7200, 0)...)
	return w
}

func TestOnlyWhatShiftedIsNamedSoonAndClears(t *testing.T) {
	t.Parallel()
	change := start.Add(2 * time.Hour)
	report := replayed(t, Options{Log: drifting(t).path, ChangeAt: change, Settings: []Setting{{Watch: watch(t)}}})
	r := report.Results[0]
	if names := alarmed(t, r); !slices.Equal(names, []string{"income"}) {
		t.Fatalf("alarms of %v, want income alone", names)
	}
	d := r.Models[0].Distributions[0]
	before, since := d.around(change)
	if len(before) != 0 || len(since) != 1 {
		t.Fatalf("alarms %v", d.Alarms)
	}
	if delay := since[0].On.Sub(change); delay > 15*time.Minute {
		t.Errorf("found after %v", delay)
	}
	if since[0].Off.Before(change.Add(time.Hour)) || since[0].Off.After(change.Add(2*time.Hour)) {
		t.Errorf("cleared at %v, the drift ended at %v", since[0].Off, change.Add(time.Hour))
	}
	if on := since[0].Off.Sub(since[0].On); d.On != on {
		t.Errorf("on for %v, want %v", d.On, on)
	}
}

// TestTimeOnIsAShareWhereTheClockWasSetBack replays three quiet hours and then three hours with
// drift. Between them the clock goes back by 30 days.
func TestTimeOnIsAShareWhereTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	w := newLog(t)
	r := rand.New(rand.NewPCG(2, 5))
	w.write(traffic(r, start, time.Second, 3*3600, 0)...)
	w.write(traffic(r, start.Add(-30*24*time.Hour), time.Second, 3*3600, 1)...)
	report := replayed(t, Options{Log: w.path, Settings: []Setting{{Watch: watch(t)}}})
	result := report.Results[0]
	if span := result.span(report.Step); span < 355*time.Minute || span > 6*time.Hour {
		t.Errorf("six hours span %v", span)
	}
	d := result.Models[0].Distributions[0]
	if d.Name != "income" || len(d.Alarms) != 1 {
		t.Fatalf("%s: alarms %v", d.Name, d.Alarms)
	}
	if d.On < 150*time.Minute || d.On > 3*time.Hour {
		t.Errorf("on for %v of three drifted hours", d.On)
	}
	if together := result.Models[0].together(result.Passed).On; together != d.On {
		t.Errorf("together on for %v, alone for %v", together, d.On)
	}
}

// TestThePValueIsReplayedToo compares alarms of the p-value with its rule: the rising edges of
// feature_drift_detected.
func TestThePValueIsReplayedToo(t *testing.T) {
	t.Parallel()
	w := newLog(t)
	r := rand.New(rand.NewPCG(4, 1))
	w.write(traffic(r, start, time.Second, 1200, 0)...)
	w.write(traffic(r, start.Add(20*time.Minute), time.Second, 1200, 1)...)
	o := watch(t)
	o.Sequential = false
	report := replayed(t, Options{Log: w.path, ChangeAt: start.Add(20 * time.Minute), Settings: []Setting{{Watch: o}}})
	d := report.Results[0].Models[0].Distributions[0]
	_, since := d.around(report.ChangeAt)
	if d.Name != "income" || len(since) == 0 || since[0].On.After(report.ChangeAt.Add(10*time.Minute)) {
		t.Errorf("%s: alarms %v", d.Name, d.Alarms)
	}
}

func TestSettingsAreReplayedSideBySide(t *testing.T) {
	t.Parallel()
	w := drifting(t)
	given := watch(t)
	tolerant, small := given, given
	tolerant.Tolerance = 1
	small.Window.Predictions = 200
	report := replayed(t, Options{Log: w.path, Settings: []Setting{
		{Name: "as given", Watch: given}, {Name: "tolerant", Flags: "--drift.tolerance=1", Watch: tolerant}, {Name: "small", Watch: small},
	}})
	alone := replayed(t, Options{Log: w.path, Settings: []Setting{{Name: "small", Watch: small}}})
	if got, want := printed(t, &Report{Results: report.Results[2:], Step: report.Step}), printed(t, &Report{Results: alone.Results, Step: alone.Step}); got != want {
		t.Errorf("next to others a setting says\n%s\nand alone\n%s", got, want)
	}
	if names := alarmed(t, report.Results[0]); !slices.Equal(names, []string{"income"}) {
		t.Errorf("as given: alarms of %v", names)
	}
	if names := alarmed(t, report.Results[1]); names != nil {
		t.Errorf("tolerant: alarms of %v", names)
	}
}

func printed(t testing.TB, r *Report) string {
	t.Helper()
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// cancelling is a history whose reader is stopped after some chunks.
type cancelling struct {
	history

	cancel func()
	chunks int
}

func (c *cancelling) open(r *run) (*source, error) {
	s, err := c.history.open(r)
	if err != nil {
		return nil, err
	}
	read := s.predictions
	s.predictions = func(ctx context.Context, entries []entry[predictionlog.Row]) ([]entry[predictionlog.Row], bool, error) {
		if c.chunks--; c.chunks == 0 {
			c.cancel()
		}
		return read(ctx, entries)
	}
	return s, nil
}

func TestAReplayThatIsStoppedReportsWhatItFound(t *testing.T) {
	t.Parallel()
	var metrics bytes.Buffer
	o := Options{
		Log: drifting(t).path, Step: 15 * time.Second, MetricsStep: time.Minute, Metrics: &metrics,
		Spool: t.TempDir(), Settings: []Setting{{Watch: watch(t)}},
	}
	one, err := newRun(o.Settings[0], &o)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := openLog(t.Context(), o.Log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	report, err := o.replay(ctx, &cancelling{whole, cancel, 5}, []*run{one})
	if err != nil {
		t.Fatal(err)
	}
	r := report.Results[0]
	if r.Scrapes == 0 || !r.To.Before(start.Add(5*time.Hour)) {
		t.Fatalf("%d scrapes, the last at %v", r.Scrapes, r.To)
	}
	if text := printed(t, report); !strings.Contains(text, "stopped at "+stamp(r.To)+": what follows is what was found so far\n") {
		t.Errorf("the report does not say so:\n%s", text)
	}
	if !strings.HasSuffix(metrics.String(), "# EOF\n") || !strings.Contains(metrics.String(), "\ndrift_up 1 ") {
		t.Errorf("the metrics end with %q", metrics.String()[max(0, metrics.Len()-50):])
	}
	if left, err := os.ReadDir(o.Spool); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func TestWhatCannotBeReplayedIsRefused(t *testing.T) {
	t.Parallel()
	empty, other := newLog(t), newLog(t)
	other.exec("INSERT INTO predictions (model, features, class) VALUES ('someone', '{}', '1')")
	one := newLog(t)
	one.write(traffic(rand.New(rand.NewPCG(1, 1)), start, time.Second, 100, 0)...)
	for _, test := range []struct {
		name, says string
		change     func(*Options)
	}{
		{"no log", "does not exist", func(o *Options) { o.Log = filepath.Join(t.TempDir(), "none.db") }},
		{"no rows", "holds no predictions: there is nothing to replay", func(o *Options) { o.Log = empty.path }},
		{"other model", `no predictions match the watched models (log: "someone", watched: "m")`, func(o *Options) { o.Log = other.path }},
		{"change before", "--change-at=2026-11-01T11:59:59Z is not in the history, which goes from 2026-11-01T12:00:00Z to 2026-11-01T12:01:39Z",
			func(o *Options) { o.ChangeAt = start.Add(-time.Second) }},
		{"change after", "is not in the history", func(o *Options) { o.ChangeAt = start.Add(time.Hour) }},
		{"no window", "the window has no bound", func(o *Options) { o.Settings[0].Watch.Window.Predictions = 0 }},
		{"no tolerance", "--drift.tolerance=-1", func(o *Options) { o.Settings[0].Watch.Tolerance = -1 }},
		{"no reference", "no such file", func(o *Options) { o.Settings[0].Watch.ReferenceFile = "/none.json" }},
		{"no step", "--step=0s: must be at least 1ms", func(o *Options) { o.Step = 0 }},
		{"odd output step", "--output.step=20s: must be a multiple of --step=15s", func(o *Options) { o.Metrics, o.MetricsStep = new(bytes.Buffer), 20*time.Second }},
		{"no setting", "no setting", func(o *Options) { o.Settings = nil }},
		{"bad setting of two", `setting "second": the window has no bound`, func(o *Options) {
			second := o.Settings[0].Watch
			second.Window.Predictions = 0
			o.Settings = append(o.Settings, Setting{Name: "second", Watch: second})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Log: one.path, Step: 15 * time.Second, Settings: []Setting{{Name: "first", Watch: watch(t)}}}
			test.change(&o)
			if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an error with %q", err, test.says)
			}
		})
	}
}

// TestARowFromTheFutureDoesNotStopTheClock has one row far in the future between other rows. The
// rows after it are still replayed by their own times.
func TestARowFromTheFutureDoesNotStopTheClock(t *testing.T) {
	t.Parallel()
	w := newLog(t)
	r := rand.New(rand.NewPCG(5, 1))
	w.write(traffic(r, start, time.Second, 300, 0)...)
	w.write(event{time: start.AddDate(80, 0, 0), version: "1", features: person(r, 0), score: .5})
	w.write(traffic(r, start.Add(5*time.Minute), time.Second, 300, 0)...)
	o := watch(t)
	o.Log = w.path
	all := replayAll(t, w.path, o, 15*time.Second)
	if len(all) != 41 { // 20, 1, 20
		t.Errorf("%d scrapes", len(all))
	}
	if end := all[len(all)-1].moment; !end.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("the last scrape is at %v", end)
	}
	reader := sqlite.NewReader(w.path)
	windows, stop := follow(t, reader, o)
	defer stop()
	if now := describe(windows.Snapshot(t.Context(), all[len(all)-1].moment)); now != all[len(all)-1].text {
		t.Error(difference(now, all[len(all)-1].text))
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
}
