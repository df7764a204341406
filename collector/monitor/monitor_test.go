package monitor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// options watch one model with the reference of referenceJSON, in a new folder.
func options(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "r.json", referenceJSON("m", ""))
	return Options{
		Open:             openLog,
		Log:              filepath.Join(dir, "predictions.db"),
		ConfigFile:       write(t, dir, "config.yml", "models: [{name: m, reference: {file: r.json}}]"),
		Window:           window.Options{Predictions: 1000, Lookback: 1000, Feedback: 100, Versions: 10},
		BootstrapSamples: 199,
		Significance:     .05,
		Tolerance:        .02,
		Enabled:          collector.Defaults(),
	}
}

func openLog(o *Options, specs []window.Spec) (Source, error) {
	return Follow(sqlite.NewReader(o.Log), specs, o)
}

func monitor(t *testing.T, o Options) *Monitor {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// predict appends rows, a third of each bin of x, to a log.
func predict(t *testing.T, path string, rows int) {
	t.Helper()
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	batch := make([]predictionlog.Prediction, rows)
	for i := range batch {
		batch[i] = predictionlog.Prediction{
			RequestID: fmt.Sprintf("%s %d", t.Name(), i), Model: "m", Version: "1", Class: "1", Score: .5, Latency: time.Millisecond,
			Features: fmt.Appendf(nil, `{"x": %d, "kind": "a"}`, i%3),
		}
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	id := int64(0)
	if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: "1"}); err != nil {
		t.Fatal(err)
	}
}

// scraped is one page of a monitor, without its comments.
func scraped(ctx context.Context, t *testing.T, m *Monitor, names []string) string {
	t.Helper()
	return values(written(t, m.Gatherer(ctx, names)))
}

func TestMonitorTellsAboutALog(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 60)
	got := scraped(t.Context(), t, monitor(t, o), nil)
	contains(t, got,
		"drift_up 1",
		"drift_log_invalid_rows_total 0",
		`drift_series_dropped{reason="versions"} 0`,
		"drift_exporter_config_last_reload_successful 1",
		`feature_drift_detected{feature="kind",model="m",version="1"} 1`,
		`model_feature_x{model="m",version="1"} 2`,
		`model_requests_total{model="m",version="1"} 60`,
		`model_accuracy{model="m",version="1"} 1`,
		`model_window_predictions{model="m",version="1"} 60`,
		`model_reference_samples{model="m",version="1"} 400`)
	for _, name := range collector.Defaults() {
		contains(t, got, `drift_scrape_collector_success{collector="`+name+`"} 1`)
	}
	lacks(t, got, "feature_counts", "feature_window_bin_predictions")
}

func TestThePageIsLintedButForTheNamesOfFeatures(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 60)
	problems, err := testutil.GatherAndLint(monitor(t, o).Gatherer(t.Context(), collector.Names()))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if !strings.HasPrefix(p.Metric, "model_feature_") {
			t.Errorf("promlint: %s: %s", p.Metric, p.Text)
		}
	}
}

func TestWithoutTheLogOnlyTheReferenceIsTold(t *testing.T) {
	t.Parallel()
	got := scraped(t.Context(), t, monitor(t, options(t)), nil)
	contains(t, got, "drift_up 0", "drift_exporter_config_last_reload_successful 1",
		`drift_scrape_collector_success{collector="reference"} 1`)
	for _, name := range collector.Defaults() {
		if name != "reference" {
			contains(t, got, `drift_scrape_collector_success{collector="`+name+`"} 0`)
		}
	}
	lacks(t, got, "model_requests_total", "model_window_predictions", "feature_kl", "feature_missing", "model_feature_", "drift_log_invalid_rows_total")
}

func TestAScrapeMayChooseItsCollectors(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 1)
	m := monitor(t, o)
	got := scraped(t.Context(), t, m, []string{"feature_counts", "traffic"})
	contains(t, got, `drift_scrape_collector_success{collector="feature_counts"} 1`, `drift_scrape_collector_success{collector="traffic"} 1`)
	lacks(t, got, `collector="window"`, "feature_kl_divergence")
	got = scraped(t.Context(), t, m, []string{})
	contains(t, got, "drift_up 1")
	lacks(t, got, "drift_scrape_collector_success")
}

func TestACancelledScrapeEndsWithAPage(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 60)
	m := monitor(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	contains(t, scraped(ctx, t, m, nil), "drift_up 0", `drift_scrape_collector_success{collector="reference"} 1`)
	contains(t, scraped(t.Context(), t, m, nil), "drift_up 1")
}

func TestReloadTakesTheNewReferenceOrKeepsTheFormerOne(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 60)
	m := monitor(t, o)
	file := filepath.Join(filepath.Dir(o.ConfigFile), "r.json")

	before := m.current
	if err := m.Reload(); err != nil || m.current != before {
		t.Errorf("a reload without a change: %v, and the window is new: %v", err, m.current != before)
	}

	write(t, filepath.Dir(file), "r.json", "{")
	if err := m.Reload(); err == nil || !strings.Contains(err.Error(), "r.json") {
		t.Errorf("a broken reference was loaded: %v", err)
	}
	got := scraped(t.Context(), t, m, nil)
	contains(t, got, "drift_up 1", "drift_exporter_config_last_reload_successful 0", `model_reference_samples{model="m",version="1"} 400`)

	write(t, filepath.Dir(file), "r.json", strings.Replace(referenceJSON("m", ""), "[200, 200]", "[300, 100]", 1))
	if err := m.Reload(); err != nil {
		t.Fatal(err)
	}
	got = scraped(t.Context(), t, m, []string{"feature_counts"})
	contains(t, got, "drift_up 1", "drift_exporter_config_last_reload_successful 1",
		`feature_reference_bin_samples{bin="a",feature="kind",model="m",version="1"} 300`)
}

func TestScrapesInFlightEndOnWhatTheyBeganWith(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 60)
	m := monitor(t, o)
	dir := filepath.Dir(o.ConfigFile)
	var scrapes sync.WaitGroup
	for range 4 {
		scrapes.Go(func() {
			for range 10 {
				contains(t, scraped(t.Context(), t, m, nil), "drift_up 1", `model_window_predictions{model="m",version="1"} 60`)
			}
		})
	}
	for i := range 10 {
		write(t, dir, "other.json", strings.Replace(referenceJSON("m", ""), "[200, 200]", fmt.Sprintf("[%d, 200]", 200+i), 1))
		if err := os.Rename(filepath.Join(dir, "other.json"), filepath.Join(dir, "r.json")); err != nil {
			t.Fatal(err)
		}
		if err := m.Reload(); err != nil {
			t.Error(err)
		}
	}
	scrapes.Wait()
}

func TestRefreshFindsAReplacedReference(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 1)
	m := monitor(t, o)
	m.Refresh(0)()
	stop := m.Refresh(time.Millisecond)
	defer stop()
	dir := filepath.Dir(o.ConfigFile)
	write(t, dir, "other.json", strings.Replace(referenceJSON("m", ""), "[200, 200]", "[300, 100]", 1))
	if err := os.Rename(filepath.Join(dir, "other.json"), filepath.Join(dir, "r.json")); err != nil {
		t.Fatal(err)
	}
	want := `feature_reference_bin_samples{bin="a",feature="kind",model="m",version="1"} 300`
	for !strings.Contains(scraped(t.Context(), t, m, []string{"feature_counts"}), want) {
		if t.Context().Err() != nil {
			t.Fatal("the new reference did not come into use")
		}
	}
}

func TestReadyOnceTheLogWasOpened(t *testing.T) {
	t.Parallel()
	o := options(t)
	m := monitor(t, o)
	if err := m.Ready(); err == nil || !strings.Contains(err.Error(), "the prediction log has not been read yet") {
		t.Errorf("ready without a log: %v", err)
	}
	predict(t, o.Log, 1)
	if err := m.Ready(); err != nil {
		t.Error(err)
	}
	if err := os.Remove(o.Log); err != nil {
		t.Fatal(err)
	}
	if err := m.Ready(); err != nil {
		t.Errorf("a log that was opened once is enough: %v", err)
	}
}

func TestAClosedMonitorTellsSo(t *testing.T) {
	t.Parallel()
	m := monitor(t, options(t))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	contains(t, scraped(t.Context(), t, m, nil), "drift_up 0", `drift_scrape_collector_success{collector="reference"} 1`)
	if m.Ready() == nil || m.Reload() == nil {
		t.Error("a closed monitor is ready or reloads")
	}
}

func TestMistakesInTheOptionsNameTheFlag(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no log", func(o *Options) { o.Log = "" }, "--predictions.log is empty: name the prediction log"},
		{"both files", func(o *Options) { o.ReferenceFile = "r.json" }, "--config.file and --reference.file exclude each other"},
		{"significance 0", func(o *Options) { o.Significance = 0 }, "--drift.significance=0: must lie between 0 and 1"},
		{"bins below 0", func(o *Options) { o.BinLimits.Top = -1 }, "--bins.top=-1: must be at least 1, or 0 for all bins"},
		{"series below 0", func(o *Options) { o.BinLimits.Series = -1 }, "--bins.max-series=-1: must be at least 1, or 0 for no bound"},
		{"too little for blocks", func(o *Options) { o.Significance, o.Block, o.BootstrapSamples = .001, true, 9999 }, "--drift.significance=0.001: with --drift.dependence=block no p-value could be below it; use more than 0.001"},
		{"significance 1", func(o *Options) { o.Significance = 1 }, "--drift.significance=1: "},
		{"tolerance below 0", func(o *Options) { o.Tolerance = -1 }, "--drift.tolerance=-1: must lie between 0 and 1000 nats"},
		{"no samples", func(o *Options) { o.BootstrapSamples = 0 }, "--drift.bootstrap-samples=0: must lie between 1 and 1000000"},
		{"too few samples", func(o *Options) { o.BootstrapSamples = 19 }, "--drift.bootstrap-samples=19: no p-value could be below --drift.significance=0.05; use at least 20"},
		{"unknown collector", func(o *Options) { o.Enabled = []string{"drift"} }, `unknown collector "drift"; the collectors are: feature_drift, `},
		{"no window", func(o *Options) { o.Window.Predictions = 0 }, "the window has no bound: set --window.predictions, --window.duration or both"},
		{"negative window", func(o *Options) { o.Window.Predictions = -1 }, "--window.predictions=-1: must be at least 0"},
		{"negative duration", func(o *Options) { o.Window.Duration = -time.Hour }, "--window.duration=-1h0m0s: must be at least 0"},
		{"no look-back", func(o *Options) { o.Window.Lookback = 0 }, "--window.lookback=0: must be at least 1"},
		{"no feedback", func(o *Options) { o.Window.Feedback = 0 }, "--window.feedback=0: must be at least 1"},
		{"negative maturity", func(o *Options) { o.Window.Maturity = -time.Second }, "--window.maturity=-1s: must be at least 0"},
		{"no versions", func(o *Options) { o.Window.Versions = 0 }, "--versions.max=0: must be at least 1"},
		{"too many false alarms", func(o *Options) { o.FalseAlarmsPerMonth = 1e6 }, "--drift.false-alarms-per-month=1e+06: must be above 0 and below 1000000"},
		{"bins", func(o *Options) { o.Bins.Method = "kmeans" }, "kmeans"},
		{"no configuration", func(o *Options) { o.ConfigFile += "x" }, "does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			test.change(&o)
			if err := CheckConfig(o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("CheckConfig() = %v, want %q in it", err, test.want)
			}
		})
	}
	if err := CheckConfig(options(t)); err != nil {
		t.Error(err)
	}
}
