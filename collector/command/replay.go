package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/replay"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// replay replays history through a configuration.
func (e *Environment) replay(cmd *kingpin.CmdClause) Run {
	options := replayFlags(cmd)
	output := cmd.Flag("output.openmetrics", "File to write the metrics over time to, for 'promtool tsdb create-blocks-from openmetrics'.").String()
	return func(ctx context.Context) error {
		o, err := options()
		if err != nil {
			return fmt.Errorf("%w; %w", err, ErrUsage)
		}
		o.Progress = e.Stderr
		if o.Rows != nil && o.Rows.Format == rows.FormatParquet {
			defer saveMemory()()
		}
		run := func(w io.Writer) error {
			o.Metrics = w
			report, err := replay.Run(ctx, o)
			if err != nil {
				return err
			}
			return report.Print(e.Stdout)
		}
		if *output == "" {
			return run(nil)
		}
		o.Spool = filepath.Dir(*output)
		return rows.WriteFile(*output, run)
	}
}

// saveMemory halves what the garbage collector lets the heap grow by, unless GOGC says how much.
// Of each column of a Parquet file, a dictionary of up to 1 MB stays in memory, and the heap grows
// in proportion to it. It takes 5 % more processor time.
func saveMemory() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(50)
	return func() { debug.SetGCPercent(before) }
}

// replayFlags adds the flags that say what history is replayed and how, those of
// watchFlags and of collectorFlags among them. The returned function gives the
// options, once the flags are parsed.
func replayFlags(cmd flagged) func() (replay.Options, error) {
	var (
		o       replay.Options
		watch   = Defaults()
		step    = durationFlag(cmd, "step", "Time between two scrapes, by the clock of the history.", "15s")
		change  = timeFlag(cmd, "change-at", "Time of a known change: alarms before it count as false, and detection delay is counted from it.")
		every   = durationFlag(cmd, "output.step", "Time between two samples of --output.openmetrics.", "1m")
		compare = cmd.Flag("compare", "A second setting to replay for comparison: a name, and the flags that differ; repeatable.").PlaceHolder("'NAME: --drift.tolerance=0.05'").Strings()
	)
	cmd.Flag("correlation", "Also report the correlation of each feature's divergence with the accuracy, or with the mean absolute error of a regression, over blocks of --window.predictions.").BoolVar(&o.Correlation)
	cmd.Flag("decisions", "Also report when retraining would have been recommended, and what following that would have cost and saved. Takes several times as long.").BoolVar(&o.Decisions)
	cmd.Flag("segments", "Also name the slices of the predictions whose accuracy fell, by the bins of one feature or two. Takes several times as long.").BoolVar(&o.Segments)
	history := pastFlags(cmd, "replay", &o)
	watchFlags(cmd, &watch)
	enabled := collectorFlags(cmd)
	return func() (replay.Options, error) {
		watch.Enabled = enabled()
		o.Step, o.ChangeAt, o.MetricsStep = *step, *change, *every
		if err := history(); err != nil {
			return o, err
		}
		o.Settings = []replay.Setting{{Name: "as given", Watch: watch}}
		for _, text := range *compare {
			s, err := setting(watch, text)
			if err != nil {
				return o, err
			}
			o.Settings = append(o.Settings, s)
		}
		return o, nil
	}
}

// setting reads a --compare: what differs from the flags given.
func setting(given monitor.Options, text string) (replay.Setting, error) {
	name, flags, ok := strings.Cut(text, ":")
	args := strings.Fields(flags)
	if name = strings.TrimSpace(name); !ok || name == "" || strings.HasPrefix(name, "-") || len(args) == 0 {
		return replay.Setting{}, fmt.Errorf("--compare=%q: write a name, a colon and flags, such as 'wide: --window.predictions=10000 --drift.tolerance=0.05'", text)
	}
	watch, err := with(given, args)
	if err != nil {
		return replay.Setting{}, fmt.Errorf("--compare=%q: %w; it takes the flags that say what is watched and how", text, err)
	}
	return replay.Setting{Name: name, Flags: strings.Join(args, " "), Watch: watch}, nil
}
