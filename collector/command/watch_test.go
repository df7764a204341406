package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
)

// parse returns what a command line makes of the defaults.
func parse(t *testing.T, args ...string) (monitor.Options, []string, error) {
	t.Helper()
	o := Defaults()
	app := kingpin.New("test", "")
	watchFlags(app, &o)
	enabled := collectorFlags(app)
	_, err := app.Parse(args)
	return o, enabled(), err
}

func TestWithoutFlagsTheDefaultsHold(t *testing.T) {
	t.Parallel()
	o, enabled, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if o.Window != Defaults().Window || o.Bins != Defaults().Bins || o.BinLimits != Defaults().BinLimits || o.Tolerance != 0.02 || o.Significance != 0.05 ||
		o.BootstrapSamples != 9999 || o.FalseAlarmsPerMonth != 1 || !o.Sequential || o.Block {
		t.Errorf("no flags make %+v", o)
	}
	if !slices.Equal(enabled, collector.Defaults()) {
		t.Errorf("enabled are %v, want %v", enabled, collector.Defaults())
	}
	if _, err := monitor.Load(withLog(o)); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func TestFlagsSetTheOptions(t *testing.T) {
	t.Parallel()
	o, _, err := parse(t, "--config.file=c.yml", "--window.predictions=0", "--window.duration=90d", "--window.lookback=7", "--window.feedback=8",
		"--versions.max=9", "--bins.count=5", "--bins.method=uniform", "--bins.top=3", "--bins.max-series=90", "--drift.significance=.01", "--drift.tolerance=.1",
		"--drift.bootstrap-samples=99", "--drift.false-alarms-per-month=2", "--drift.detection=p-value", "--drift.dependence=block")
	if err != nil {
		t.Fatal(err)
	}
	w := o.Window
	if o.ConfigFile != "c.yml" || w.Predictions != 0 || w.Duration != 90*24*time.Hour || w.Lookback != 7 || w.Feedback != 8 || w.Versions != 9 ||
		o.Bins.Count != 5 || o.Bins.Method != "uniform" || o.BinLimits != (collector.BinLimits{Top: 3, Series: 90}) || o.Significance != .01 || o.Tolerance != .1 ||
		o.BootstrapSamples != 99 || o.FalseAlarmsPerMonth != 2 || o.Sequential || !o.Block {
		t.Errorf("got %+v", o)
	}
}

func TestCollectorsAreChosen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"--collector.disable-defaults"}, nil},
		{[]string{"--collector.disable-defaults", "--collector.traffic"}, []string{"traffic"}},
		{[]string{"--collector.feature_counts"}, append([]string{"feature_counts"}, collector.Defaults()...)},
		{[]string{"--no-collector.feature_values"}, slices.DeleteFunc(collector.Defaults(), func(n string) bool { return n == "feature_values" })},
	} {
		_, got, err := parse(t, test.args...)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(test.want)
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%v enables %v, want %v", test.args, got, test.want)
		}
	}
}

func TestWithChangesWhatIsNamedOnly(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.ReferenceFile, o.Tolerance, o.Sequential, o.Window.Duration = "r.json", .3, false, 90*time.Minute
	got, err := with(o, []string{"--window.predictions=10000"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Window.Predictions != 10000 || o.Window.Predictions != 1000 {
		t.Errorf("the windows are %d and %d", got.Window.Predictions, o.Window.Predictions)
	}
	got.Window.Predictions = 1000
	if got.ReferenceFile != "r.json" || got.Tolerance != .3 || got.Sequential || got.Window != o.Window {
		t.Errorf("also changed: %+v", got)
	}
}

func TestWhatIsNoFlagIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ arg, says string }{
		{"--window.prediction=1", "unknown long flag '--window.prediction'"},
		{"--window.duration=-1s", `"-1s" is not a duration such as 90d`},
		{"--drift.detection=psi", `"psi" is neither sequential nor p-value`},
		{"--drift.dependence=ar", `"ar" is neither block nor independent`},
		{"--drift.tolerance=little", "little"},
		{"tolerance", "unexpected tolerance"},
		{"--predictions.log=x", "unknown long flag"},
	} {
		if _, err := with(Defaults(), []string{test.arg}); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want an error with %q", test.arg, err, test.says)
		}
	}
}

func TestTimeIsRFC3339(t *testing.T) {
	t.Parallel()
	app := kingpin.New("test", "")
	got := timeFlag(app, "at", "A moment.")
	if _, err := app.Parse(nil); err != nil || !got.IsZero() {
		t.Errorf("without a flag: %v, %v", got, err)
	}
	if _, err := app.Parse([]string{"--at=2026-11-01T13:00:00+01:00"}); err != nil || !got.Equal(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := app.Parse([]string{"--at=yesterday"}); err == nil || !strings.Contains(err.Error(), `"yesterday" is not a time such as`) {
		t.Errorf("got %v", err)
	}
}

func withLog(o monitor.Options) monitor.Options {
	o.Log = "predictions.db"
	return o
}
