package monitor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// logged appends rows that carry the same text, all at the clock's time, and then outcomes
// of the log's first rows.
func logged(t *testing.T, path string, clock *time.Time, text string, rows, outcomes int) {
	t.Helper()
	loggedFor(t, path, clock, "m", text, rows, 0, outcomes)
}

// loggedFor is logged for any model, with outcomes from an id on.
func loggedFor(t *testing.T, path string, clock *time.Time, model, text string, rows int, first int64, outcomes int) {
	t.Helper()
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{Now: func() time.Time { return *clock }})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]predictionlog.Prediction, rows)
	for i := range batch {
		batch[i] = predictionlog.Prediction{
			RequestID: fmt.Sprintf("%s %d", text, i), Model: model, Version: "1", Class: fmt.Sprint(i % 2), Score: float64(i) / float64(rows),
			Features: fmt.Appendf(nil, `{"x": %d, "kind": %q}`, i%3, text),
		}
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for id := first; id < first+int64(outcomes); id++ {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// lasting returns the lines of a page that another process shows as well.
func lasting(page string) string {
	var lines []string
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "drift_scrape_collector_duration") && !strings.HasPrefix(line, "drift_exporter_config_last_reload_success_") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// about returns the lines of a page whose metric has a prefix.
func about(page, prefix string) string {
	var lines []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestAScrapeShowsWhatAFreshExporterWould(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(o *Options){
		"rows":       func(*Options) {},
		"sequential": func(o *Options) { o.Sequential, o.FalseAlarmsPerMonth = true, 1 },
		"duration":   func(o *Options) { o.Window.Duration = 2 * time.Minute },
		"both":       func(o *Options) { o.Window.Duration, o.Sequential, o.FalseAlarmsPerMonth = 2*time.Minute, true, 1 },
		"blocks":     func(o *Options) { o.Window.Duration, o.Block = 2*time.Minute, true },
		"anchors":    func(o *Options) { o.Window.Predictions, o.Window.Lookback = 150, 150 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			o := options(t)
			o.Now, o.Enabled, o.Window.Maturity = func() time.Time { return clock }, collector.Names(), 90*time.Second
			set(&o)
			m := monitor(t, o)
			pages := map[time.Duration]string{}
			began := clock
			for _, step := range []struct {
				at             time.Duration
				text           string
				rows, outcomes int
			}{
				{0, "a", 200, 0}, {1, "", 0, 0}, {16, "", 0, 0}, // its tick is over
				{20, "b", 100, 0}, {21, "", 0, 0}, {21, "", 0, 0}, {50, "", 0, 0},
				{60, "b", 1, 60}, {106, "", 0, 0}, {121, "", 0, 0}, // the first rows are too old
				{150, "", 0, 0}, {190, "", 0, 0}, // and the others
				{200, "a", 60, 0}, {300, "b", 300, 30}, {320, "", 0, 0},
				{321, "ahead", 1, 0}, {330, "", 0, 0}, // by a clock that is an hour fast
			} {
				clock = began.Add(step.at * time.Second)
				if step.text == "ahead" {
					clock = clock.Add(time.Hour)
				}
				if step.rows > 0 {
					logged(t, o.Log, &clock, step.text, step.rows, step.outcomes)
				}
				clock = began.Add(step.at * time.Second)
				got := lasting(scraped(t.Context(), t, m, nil))
				fresh := monitor(t, o)
				if want := lasting(scraped(t.Context(), t, fresh, nil)); got != want {
					t.Errorf("after %d s:\n%s", step.at, differing(got, want))
				}
				some := []string{"feature_drift", "performance"}
				if got, want := lasting(scraped(t.Context(), t, m, some)), lasting(scraped(t.Context(), t, fresh, some)); got != want {
					t.Errorf("some after %d s:\n%s", step.at, differing(got, want))
				}
				pages[step.at] = got
			}
			// These changes come from the clock alone.
			changed := func(metric string, from, to time.Duration) bool {
				return about(pages[from], metric) != about(pages[to], metric)
			}
			if got := changed("feature_drift_", 1, 16); got != o.Sequential {
				t.Errorf("the end of a tick changed drift: %v", got)
			}
			if got := changed("feature_kl_divergence{", 106, 121); got != (o.Window.Duration > 0) {
				t.Errorf("age changed divergences: %v", got)
			}
			if !changed("model_matured_", 60, 106) {
				t.Error("no prediction has matured")
			}
		})
	}
}

// No window looks behind the anchor, and the rows of every model in a log move it.
func TestOutcomesGoWithThoseOfOtherModels(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	o := options(t)
	o.Now, o.Enabled = func() time.Time { return clock }, collector.Names()
	o.Window.Predictions, o.Window.Lookback = 50, 50
	logged(t, o.Log, &clock, "a", 50, 40)
	m := monitor(t, o)
	before := scraped(t.Context(), t, m, nil)
	loggedFor(t, o.Log, &clock, "another", "b", 1, 0, 0)
	loggedFor(t, o.Log, &clock, "another", "c", 200, 50, 200)
	after := scraped(t.Context(), t, m, nil)
	const samples = `model_accuracy_samples{`
	if a, b := about(before, samples), about(after, samples); !strings.Contains(a, " 40\n") || strings.Contains(b, " 40\n") {
		t.Errorf("before: %safter: %s", a, b)
	}
	if fresh := lasting(scraped(t.Context(), t, monitor(t, o), nil)); lasting(after) != fresh {
		t.Errorf("not what a fresh exporter says:\n%s", differing(lasting(after), fresh))
	}
}

// differing returns the lines that only one of two pages has.
func differing(a, b string) string {
	var lines []string
	for _, side := range []struct{ mark, page, other string }{{"got  ", a, b}, {"fresh", b, a}} {
		for line := range strings.Lines(side.page) {
			if !strings.Contains("\n"+side.other, "\n"+line) {
				lines = append(lines, side.mark+" "+line)
			}
		}
	}
	return strings.Join(lines, "")
}

func TestWhatHasNotChangedIsMadeOnce(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	o := options(t)
	o.Now, o.Enabled = func() time.Time { return clock }, collector.Names()
	logged(t, o.Log, &clock, "a", 100, 40)
	m := monitor(t, o)
	// made returns the families of each collector. Scrapes share those that are not made again.
	made := func() map[string][]*dto.MetricFamily {
		families := map[string][]*dto.MetricFamily{}
		for _, name := range collector.Names() {
			gathered, err := m.Gatherer(t.Context(), []string{name}).Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range gathered {
				if !strings.HasPrefix(f.GetName(), "drift_") { // of the scrape itself
					families[name] = append(families[name], f)
				}
			}
		}
		return families
	}
	first := made()
	clock = clock.Add(time.Hour)
	second := made()
	logged(t, o.Log, &clock, "b", 1, 0)
	third := made()
	for _, name := range collector.Names() {
		// The reference has neither score nor classes, the model is of no other type, and has no shadow.
		if len(first[name]) == 0 && name != "prediction_shift" && name != "class_performance" && name != "regression" && name != "segments" && name != "challenger" {
			t.Errorf("%s made nothing", name)
		}
		for i, f := range first[name] {
			if again := f != second[name][i]; again != (name == "window" || name == "decision") {
				t.Errorf("without a new row %s of %s was made again: %v", f.GetName(), name, again)
			}
		}
		for i, f := range second[name] {
			if again := f != third[name][i]; again != (name != "reference") {
				t.Errorf("after a new row %s of %s was made again: %v", f.GetName(), name, again)
			}
		}
	}
}
