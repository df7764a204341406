package command

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector/replay"
)

func parseReplay(t *testing.T, args ...string) (replay.Options, error) {
	t.Helper()
	app := kingpin.New("test", "")
	options := replayFlags(app)
	if _, err := app.Parse(args); err != nil {
		t.Fatal(err)
	}
	return options()
}

func TestAReplayTakesTheWatchingFlags(t *testing.T) {
	t.Parallel()
	o, err := parseReplay(t, "--window.predictions=500", "--drift.tolerance=.1", "--change-at=2026-11-01T12:00:00Z", "--step=1m",
		"--compare=wide: --window.predictions=10000", "--compare", "p : --drift.detection=p-value --drift.significance=.01")
	if err != nil {
		t.Fatal(err)
	}
	if o.Log != "predictions.db" || o.Rows != nil || o.Step != time.Minute || o.MetricsStep != time.Minute || o.ChangeAt.Hour() != 12 || len(o.Settings) != 3 {
		t.Fatalf("got %+v", o)
	}
	given, wide, p := o.Settings[0], o.Settings[1], o.Settings[2]
	if given.Name != "as given" || given.Watch.Window.Predictions != 500 || given.Watch.Tolerance != .1 || len(given.Watch.Enabled) == 0 {
		t.Errorf("given is %+v", given)
	}
	if wide.Name != "wide" || wide.Flags != "--window.predictions=10000" || wide.Watch.Window.Predictions != 10000 || wide.Watch.Tolerance != .1 {
		t.Errorf("wide is %+v", wide)
	}
	if p.Name != "p" || p.Watch.Sequential || p.Watch.Significance != .01 || p.Watch.Window.Predictions != 500 {
		t.Errorf("p is %+v", p)
	}
}

func TestAReplayTakesACSV(t *testing.T) {
	t.Parallel()
	o, err := parseReplay(t, "--csv=rows.csv", "--rate=.5", "--score=p", "--outcome=bad", "--positive=yes")
	if err != nil {
		t.Fatal(err)
	}
	want := replay.Rows{Path: "rows.csv", Format: "csv", Rate: .5, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Score: "p", Outcome: "bad", Positive: "yes"}
	if o.Rows == nil || !reflect.DeepEqual(*o.Rows, want) {
		t.Errorf("got %+v, want %+v", o.Rows, want)
	}
}

func TestWhatAReplayCannotTakeIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		says string
		args []string
	}{
		{"--csv and --predictions.log exclude each other", []string{"--csv=a", "--predictions.log=predictions.db"}},
		{"write a name, a colon and flags", []string{"--compare=--drift.tolerance=1"}},
		{"write a name, a colon and flags", []string{"--compare=wide"}},
		{"write a name, a colon and flags", []string{"--compare=wide:"}},
		{"write a name, a colon and flags", []string{"--compare=: --drift.tolerance=1"}},
		{"unknown long flag '--predictions.log'", []string{"--compare=other: --predictions.log=x"}},
		{"it takes the flags that say what is watched and how", []string{"--compare=slow: --step=1m"}},
	} {
		if _, err := parseReplay(t, test.args...); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: got %v, want an error with %q", test.args, err, test.says)
		}
	}
}
