package command

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector/fleet"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// nothing is a dataset to which nothing was shipped.
type nothing struct {
	BigQuery

	asked  ShippedOptions
	closed bool
	gone   atomic.Bool // it cannot be read
}

var errGone = errors.New("gone")

func (n *nothing) Shipped(o ShippedOptions) (Shipped, error) {
	n.asked = o
	return n, nil
}

func (n *nothing) Log(fleet.Coder, bool) fleet.Log { return n }

func (*nothing) State(context.Context) (tick.State, error) {
	return tick.State{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixNano()}, nil
}

func (n *nothing) Totals(_ context.Context, before int64) ([]tick.Sum, int64, error) {
	if n.gone.Load() {
		return nil, 0, errGone
	}
	return nil, before, nil
}

func (*nothing) Tallies(context.Context, int64, int64, func(*tick.Sum) error) error { return nil }
func (*nothing) Ticks(context.Context, int64, int64, func(*tick.Sum) error) error   { return nil }
func (*nothing) Outcomes(context.Context, int64, int64, func(*tick.Outcome) error) error {
	return nil
}
func (*nothing) Late(context.Context, int64, int64) ([]tick.Late, error) { return nil, nil }
func (*nothing) Records(context.Context, int64, int64) (map[int64]int64, error) {
	return map[int64]int64{}, nil
}
func (*nothing) Costs() *snapshot.Costs { return &snapshot.Costs{Queries: 5} }

func (n *nothing) Close() error {
	n.closed = true
	return nil
}

// shippedWith parses the flags of an exporter and opens what they name.
func shippedWith(t *testing.T, n *nothing, args ...string) (watch monitor.Options, done func() error, err error) {
	t.Helper()
	app := kingpin.New("", "")
	app.Terminate(nil)
	app.UsageWriter(io.Discard).ErrorWriter(io.Discard)
	cmd := app.Command("exporter", "")
	watch = Defaults()
	logFlag(cmd, "").StringVar(&watch.Log)
	cmd.Flag("window.cache-dir", "").StringVar(&watch.CodesDir)
	watchFlags(cmd, &watch)
	tables, flags := newTables(cmd), newFleetFlags(cmd)
	if _, err := app.Parse(append([]string{"exporter"}, args...)); err != nil {
		return watch, nil, err
	}
	e := &Environment{Logger: slog.New(slog.DiscardHandler)}
	if n != nil {
		e.BigQuery = n
	}
	done, err = e.fleet(flags, tables, &watch, false)
	return watch, done, err
}

func TestFlagsOfAFleet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ flags, says string }{
		{"", ""},
		{"--predictions.bigquery=p.d", ""},
		{"--predictions.bigquery=p.d --window.duration=30m --bigquery.lookback=2h", ""},
		{"--predictions.bigquery=p", "write the project and the dataset"},
		{"--predictions.bigquery=p.d --predictions.log=x.db", "--predictions.log and --predictions.bigquery exclude each other"},
		{"--predictions.bigquery=p.d --window.lookback=10", "use --bigquery.lookback"},
		{"--predictions.bigquery=p.d --window.cache-dir=x", "exclude each other"},
		{"--bigquery.interval=2m", "--bigquery.interval: needs --predictions.bigquery"},
		{"--ship.lateness=2m", "--ship.lateness: needs --predictions.bigquery"},
		{"--predictions.bigquery=p.d --window.predictions=10", "--window.predictions=10: with --predictions.bigquery"},
		{"--predictions.bigquery=p.d --window.duration=20s", "must be a multiple of 15s"},
		{"--predictions.bigquery=p.d --drift.dependence=block", "--drift.dependence=block"},
		{"--predictions.bigquery=p.d --window.duration=2d", "at least --window.duration"},
	} {
		n := &nothing{}
		watch, _, err := shippedWith(t, n, strings.Fields(test.flags)...)
		if err == nil && n.asked.Dataset != "" {
			var s monitor.Source
			watch.Window.Blocks = watch.Block
			if s, err = watch.Open(&watch, nil); err == nil {
				err = s.Close()
			}
		}
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: got %v, want %q", test.flags, err, test.says)
		}
	}
	if _, _, err := shippedWith(t, nil, "--predictions.bigquery=p.d"); !errors.Is(err, errNoBigQuery) {
		t.Errorf("in a build without BigQuery: %v", err)
	}
}

// TestAReloadReadsBeforeItReplaces: a source that cannot read leaves the last one in use.
func TestAReloadReadsBeforeItReplaces(t *testing.T) {
	t.Parallel()
	n := &nothing{}
	watch, done, err := shippedWith(t, n, "--predictions.bigquery=p.d")
	if err != nil {
		t.Fatal(err)
	}
	first, err := watch.Open(&watch, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := watch.Open(&watch, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Ready(t.Context()); err != nil {
		t.Errorf("after a reload: %v", err)
	}
	if s := second.Snapshot(t.Context(), time.Now()); s.Fleet == nil || s.Fleet.Costs.Queries != 5 {
		t.Errorf("the costs are not shown: %+v", s.Fleet)
	}
	n.gone.Store(true)
	if _, err := watch.Open(&watch, nil); !errors.Is(err, errGone) {
		t.Errorf("a reload that cannot read: %v", err)
	}
	for _, s := range []monitor.Source{first, second} {
		if err := s.Close(); err != nil || n.closed {
			t.Errorf("closed with a source: %v, %v", n.closed, err)
		}
	}
	if err := done(); err != nil || !n.closed {
		t.Errorf("not closed in the end: %v", err)
	}
}
