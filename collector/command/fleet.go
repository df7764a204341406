package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"

	"github.com/drift-exporter/drift_exporter/collector/fleet"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// shippedTo begins the name of a dataset where a log is named.
const shippedTo = "bigquery:"

// ShippedOptions say which shipped predictions are read.
type ShippedOptions struct {
	WarehouseOptions

	// Dataset has the tables, in DatasetProject.
	DatasetProject, Dataset string
	// DailyBytes bounds what the queries of a day may process together; 0: no bound.
	DailyBytes int64
	// Lateness is how long after its end a tick waits for what is shipped late.
	Lateness time.Duration
}

// Shipped is what replicas have shipped.
type Shipped interface {
	// Log reads it for the references that a coder knows. recount says to count again from shipped
	// rows what was counted for others.
	Log(coder fleet.Coder, recount bool) fleet.Log
	// Costs returns what reading it has cost.
	Costs() *snapshot.Costs
	// Close ends the use of it.
	Close() error
}

// fleetFlags say that shipped predictions are followed, and how.
type fleetFlags struct {
	source                               string
	interval, lookback, labels, lateness time.Duration
	daily                                units.Base2Bytes
	recount                              bool
	// given are flags of a command line by name: those that need --predictions.bigquery, and those
	// that it excludes.
	needs, excludes []*given
	// window says whether flags of the window are on the command line.
	predictions, duration bool
}

// newFleetFlags adds the flags. Those of the log and the window must be there already.
func newFleetFlags(cmd *kingpin.CmdClause) *fleetFlags {
	f := &fleetFlags{}
	needs := func(c *kingpin.FlagClause) *kingpin.FlagClause {
		g := &given{flag: c.Model().Name}
		f.needs = append(f.needs, g)
		return c.IsSetByUser(&g.given)
	}
	cmd.Flag("predictions.bigquery", "Follow what 'ship' has shipped to this dataset from many prediction logs, instead of one log: one exporter for a fleet of predictors.").PlaceHolder("PROJECT.DATASET").StringVar(&f.source)
	needs(cmd.Flag("bigquery.interval", "How often the shipped predictions are read.")).Default("1m").SetValue((*duration)(&f.interval))
	needs(cmd.Flag("bigquery.lookback", "How far back the distributions and their detectors look: at least as long, at most twice as long.")).Default("1d").SetValue((*duration)(&f.lookback))
	needs(cmd.Flag("bigquery.label-lookback", "How far back outcomes and accuracy look: at least as long, at most twice as long.")).Default("90d").SetValue((*duration)(&f.labels))
	needs(cmd.Flag("bigquery.daily-bytes", "The queries of a day, in UTC, are billed for no more; after that the page stays as it is until the next day. 0: no bound.")).Default("1TiB").BytesVar(&f.daily)
	needs(cmd.Flag("bigquery.recount", "Count again, from shipped rows, what was counted for another reference. Without it, or without rows, the windows begin anew with what is counted for the present one.")).Default("true").BoolVar(&f.recount)
	needs(cmd.Flag("ship.lateness", "How long after its end a tick of 15 seconds waits for what is shipped late: the same for all exporters of a dataset.")).Default("2m").SetValue((*duration)(&f.lateness))
	for _, name := range []string{"predictions.log", "window.lookback", "window.cache-dir"} {
		g := &given{flag: name}
		cmd.GetFlag(name).IsSetByUser(&g.given)
		f.excludes = append(f.excludes, g)
	}
	cmd.GetFlag("window.predictions").IsSetByUser(&f.predictions)
	cmd.GetFlag("window.duration").IsSetByUser(&f.duration)
	return f
}

// check returns an error for flags that do not go together.
func (f *fleetFlags) check() error {
	is := func(g *given) bool { return g.given }
	if f.source == "" {
		if i := slices.IndexFunc(f.needs, is); i >= 0 {
			return fmt.Errorf("--%s: needs --predictions.bigquery", f.needs[i].flag)
		}
		return nil
	}
	if i := slices.IndexFunc(f.excludes, is); i >= 0 {
		why := "it is about one prediction log"
		if f.excludes[i].flag == "window.lookback" {
			why = "it counts rows; use --bigquery.lookback"
		}
		return fmt.Errorf("--%s and --predictions.bigquery exclude each other: %s", f.excludes[i].flag, why)
	}
	return nil
}

// fleet sets in watch that shipped predictions are followed, if the flags say so. idle says that
// nothing is read. The returned function ends the use of the dataset.
func (e *Environment) fleet(f *fleetFlags, t *tables, watch *monitor.Options, idle bool) (done func() error, err error) {
	done = func() error { return nil }
	if err := f.check(); err != nil || f.source == "" {
		return done, err
	}
	if e.BigQuery == nil {
		return done, fmt.Errorf("--predictions.bigquery: %w", errNoBigQuery)
	}
	project, dataset, ok := strings.Cut(f.source, ".")
	if !ok || project == "" || dataset == "" {
		return done, fmt.Errorf("--predictions.bigquery=%s: write the project and the dataset, such as my-project.predictions", f.source)
	}
	if !f.predictions {
		watch.Window.Predictions = 0
	}
	if !f.duration {
		watch.Window.Duration = time.Hour
	}
	watch.Log = shippedTo + f.source
	shipped, err := e.BigQuery.Shipped(ShippedOptions{
		WarehouseOptions: WarehouseOptions{Project: t.Project, Location: t.Location, MaximumBytes: int64(t.MaximumBytes), Logger: e.Logger},
		DatasetProject:   project, Dataset: dataset, DailyBytes: int64(f.daily), Lateness: f.lateness,
	})
	if err != nil {
		return done, err
	}
	watch.Open = f.open(shipped, idle)
	return shipped.Close, nil
}

// open returns what opens a source for the present models. At a reload the source has read
// everything before it replaces the last one.
func (f *fleetFlags) open(shipped Shipped, idle bool) func(*monitor.Options, []window.Spec) (monitor.Source, error) {
	first := true
	return func(o *monitor.Options, specs []window.Spec) (monitor.Source, error) {
		coder, err := window.Counters(specs, o.Bins)
		if err != nil {
			return nil, err
		}
		e, err := fleet.New(kept{shipped.Log(coder, f.recount)}, fleet.Options{
			Specs: specs, Bins: o.Bins, Window: o.Windows(), Samples: o.BootstrapSamples, Logger: o.Logger,
			Interval: f.interval, Lateness: f.lateness, Lookback: f.lookback, Labels: f.labels, Costs: shipped.Costs,
		})
		if err != nil || idle {
			return e, err
		}
		if !first {
			ctx, cancel := context.WithTimeout(context.Background(), reloadTimeout)
			defer cancel()
			if err := e.Read(ctx); err != nil {
				return nil, errors.Join(err, e.Close())
			}
		}
		first = false
		e.Start()
		return e, nil
	}
}

// reloadTimeout is how long a reload may read.
const reloadTimeout = 5 * time.Minute

// kept is what was shipped, for sources that come and go.
type kept struct{ fleet.Log }

// Close implements fleet.Log. It leaves the log open for the next source.
func (kept) Close() error { return nil }
