package command

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

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

// replayFlags adds the flags that say what history is replayed and how, those of
// watchFlags and of collectorFlags among them. The returned function gives the
// options, once the flags are parsed.
func replayFlags(cmd flagged) func() (replay.Options, error) {
	var (
		o       replay.Options
		rows    replay.Rows
		byUser  bool
		watch   = Defaults()
		start   = timeFlag(cmd, "start", "Time of the first row of a file without --time; 2026-01-01 when left out.")
		step    = durationFlag(cmd, "step", "Time between two scrapes, by the clock of the history.", "15s")
		change  = timeFlag(cmd, "change-at", "Time of a known change: alarms before it count as false, and detection delay is counted from it.")
		every   = durationFlag(cmd, "output.step", "Time between two samples of --output.openmetrics.", "1m")
		compare = cmd.Flag("compare", "A second setting to replay for comparison: a name, and the flags that differ; repeatable.").PlaceHolder("'NAME: --drift.tolerance=0.05'").Strings()
	)
	logFlag(cmd, "Prediction log to replay.").IsSetByUser(&byUser).StringVar(&o.Log)
	cmd.Flag("correlation", "Also report how the divergence of each feature and the accuracy went together, over blocks of --window.predictions.").BoolVar(&o.Correlation)
	file := newFileFlags(cmd, "Rows to replay, in order, instead of a log:")
	cmd.Flag("time", "Column of the file with the time of the row: RFC 3339, a date such as 2026-01-01 or 20260101, or seconds since 1970.").StringVar(&rows.Time)
	cmd.Flag("rate", "Rows a second of a file without --time.").Default("1").Float64Var(&rows.Rate)
	cmd.Flag("score", "Column of the file with the probability of the positive class; without it the score is not watched.").StringVar(&rows.Score)
	cmd.Flag("class", "Column of the file with the predicted class; without it, a score of --threshold or more is the positive one.").StringVar(&rows.Class)
	cmd.Flag("threshold", "Score from which the positive class is predicted in a file without --class; 0 is the reference's threshold, or 0.5.").Default("0").Float64Var(&rows.Threshold)
	cmd.Flag("missing", "Text that stands for a missing value in the file, in addition to those that the reference lists; repeatable.").PlaceHolder("TEXT").StringsVar(&rows.Missing)
	cmd.Flag("outcome", "Column of the file with the outcome.").StringVar(&rows.Outcome)
	cmd.Flag("positive", "Value of the outcome column that is the positive class; not needed for 0/1 and false/true.").StringVar(&rows.Positive)
	watchFlags(cmd, &watch)
	enabled := collectorFlags(cmd)
	return func() (replay.Options, error) {
		watch.Enabled = enabled()
		o.Step, o.ChangeAt, o.MetricsStep = *step, *change, *every
		if file.given() {
			if byUser {
				return o, fmt.Errorf("%s and --predictions.log exclude each other: there is one history", file.flag())
			}
			var err error
			if rows.Path, rows.Format, err = file.named(); err != nil {
				return o, err
			}
			if !(rows.Threshold >= 0 && rows.Threshold < 1) {
				return o, fmt.Errorf("--threshold=%v: must be above 0 and below 1", rows.Threshold)
			}
			if rows.Start = *start; rows.Start.IsZero() {
				rows.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			o.Rows = &rows
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
