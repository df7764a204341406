package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// outcomes reads outcomes into a log. It adds its commands to those given.
func (e *Environment) outcomes(cmd *kingpin.CmdClause, commands map[string]Run) {
	log := logFlag(cmd, "Prediction log that the outcomes are added to.").String()
	config := cmd.Flag("config.file", "Sources of outcomes (deploy/docs/OUTCOMES.md).").String()
	load := func() (*outcomes.Config, error) {
		if *config == "" {
			return nil, fmt.Errorf("--config.file is missing: name the file with the sources of outcomes; %w", ErrUsage)
		}
		return outcomes.Load(*config, e.Kinds)
	}
	commands["outcomes run"] = e.outcomesRun(cmd.Command("run", "Read outcomes from every source of the configuration, and serve metrics.").Default(), log, load)
	commands["outcomes import"] = e.outcomesImport(cmd.Command("import", "Read outcomes from files once."), log, config, load)

	rejected := cmd.Command("rejected", "List the records that were not understood, or read them again.")
	source := rejected.Flag("source", "Only those of this source.").String()
	again := rejected.Flag("retry", "Read them again by the configuration as it is now; those that are understood leave the list.").Bool()
	commands["outcomes rejected"] = func(ctx context.Context) error {
		if !*again {
			return outcomes.ListRejected(ctx, *log, *source, e.Stdout)
		}
		c, err := load()
		if err != nil {
			return err
		}
		return outcomes.RetryRejected(ctx, *log, *source, c, e.Stdout)
	}

	sources := cmd.Command("sources", "Say how good each source is: how often sources agree, and their estimated accuracy. With --config.file, outcome.tolerance applies to numbers.")
	one := sources.Flag("source", "Only this source.").String()
	commands["outcomes sources"] = func(ctx context.Context) error {
		c := &outcomes.Config{}
		if *config != "" {
			var err error
			if c, err = load(); err != nil {
				return err
			}
		}
		return outcomes.ListSources(ctx, *log, *one, c.Tolerances(), e.Stdout)
	}

	audit := cmd.Command("audit", "Check that no review was changed and none is missing, and export them.")
	a := outcomes.AuditOptions{}
	audit.Flag("export", "Write the reviews to standard output: "+strings.Join(outcomes.AuditFormats, ", ")+". The result goes to standard error then.").Default(outcomes.AuditFormats[0]).EnumVar(&a.Format, outcomes.AuditFormats...)
	audit.Flag("contains", "A hash that was noted earlier, which must be in the chain. It finds reviews that are missing at the end.").PlaceHolder("HASH").StringVar(&a.Contains)
	commands["outcomes audit"] = func(ctx context.Context) error {
		a.LogPath = *log
		result := e.Stdout
		if a.Format != outcomes.AuditFormats[0] {
			result = e.Stderr
		}
		return outcomes.Audit(ctx, a, e.Stdout, result)
	}

	pending := cmd.Command("pending", "List the outcomes whose prediction is not in the log yet.")
	of := pending.Flag("source", "Only those of this source.").String()
	now := pending.Flag("retry", "Look for their predictions now.").Bool()
	commands["outcomes pending"] = func(ctx context.Context) error {
		if !*now {
			return outcomes.ListPending(ctx, *log, *of, e.Stdout)
		}
		c, err := load()
		if err != nil {
			return err
		}
		return outcomes.RetryPending(ctx, *log, c, e.Stdout)
	}
}

// outcomesRun reads every source until it is stopped.
func (e *Environment) outcomesRun(cmd *kingpin.CmdClause, log *string, load func() (*outcomes.Config, error)) Run {
	o := outcomes.Options{Load: load, Web: kingpinflag.AddFlags(cmd, ":8004")}
	check := cmd.Flag("config.check", "Check the configuration, and exit.").Bool()
	telemetryPath(cmd, "Path of the metrics.", &o.TelemetryPath)
	maxConnections(cmd, "256", &o.MaxConnections)
	cmd.Flag("web.enable-lifecycle", "Allow POST /-/reload.").BoolVar(&o.EnableLifecycle)
	return func(ctx context.Context) error {
		if *check {
			c, err := load()
			if err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "the configuration is valid: %d sources; none of them was asked\n", len(c.Sources))
			return nil
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		o.LogPath, o.Hangup, o.Logger = *log, hangup, e.Logger
		return outcomes.Run(ctx, o)
	}
}

// outcomesImport reads files once.
func (e *Environment) outcomesImport(cmd *kingpin.CmdClause, log, config *string, load func() (*outcomes.Config, error)) Run {
	var (
		names      = cmd.Arg("file", "Files: CSV or JSON lines, plain or gzip, or Parquet.").Required().Strings()
		source     = cmd.Flag("source", "Name of the source. If the configuration has it, its outcome, record and confidence apply.").Required().String()
		confidence = cmd.Flag("confidence", "Confidence of records that bring none.").Default("1").Float64()
		format     = cmd.Flag("format", "Format of the files: "+strings.Join(importFormats, ", ")+".").Default(files.Auto).Enum(importFormats...)
		columns    = cmd.Flag("column", "Where a value is, such as outcome=loan_status or request_id=$.event.id: outcome, prediction_id, request_id, confidence, observed_at. Repeatable.").PlaceHolder("VALUE=FIELD").StringMap()
		means      = cmd.Flag("map", "What a text means as an outcome, such as paid=1; others are set aside then. Repeatable.").PlaceHolder("TEXT=OUTCOME").StringMap()
	)
	return func(ctx context.Context) error {
		o := outcomes.ImportOptions{LogPath: *log, Logger: e.Logger, PendingLimit: outcomes.DefaultPending}
		var err error
		if *config != "" {
			o.Source, o.Agreement, o.PendingLimit, err = configured(load, *source, *columns, *means)
		} else {
			o.Source, err = fromFlags(*source, *format, *confidence, *columns, *means)
		}
		if err != nil {
			return err
		}
		o.Source.Source = files.Once(*names, formatOf(*format))
		return outcomes.Import(ctx, o, e.Stdout)
	}
}

// sagemaker is the format of ground truth that Amazon SageMaker Model Monitor reads.
const sagemaker = "sagemaker"

var importFormats = append(slices.Clone(files.Formats), sagemaker)

func formatOf(format string) string {
	if format == sagemaker {
		return files.JSONLines
	}
	return format
}

// configured returns a source of the configuration.
func configured(load func() (*outcomes.Config, error), name string, columns, means map[string]string) (s outcomes.SourceConfig, agreement bool, pending int64, err error) {
	if len(columns)+len(means) > 0 {
		return s, false, 0, fmt.Errorf("--column and --map do not go with --config.file, which says the same; %w", ErrUsage)
	}
	c, err := load()
	if err != nil {
		return s, false, 0, err
	}
	at := slices.IndexFunc(c.Sources, func(s outcomes.SourceConfig) bool { return s.Name == name })
	if at < 0 {
		return s, false, 0, fmt.Errorf("the configuration has no source %q; leave --config.file out to import under a name of its own", name)
	}
	return c.Sources[at], c.Agreement, c.Pending.Limit, nil
}

// fromFlags returns the source that the flags describe.
func fromFlags(name, format string, confidence float64, columns, means map[string]string) (outcomes.SourceConfig, error) {
	if format == sagemaker {
		for key, field := range map[string]string{"request_id": "$.eventMetadata.eventId", "outcome": "$.groundTruthData.data"} {
			if columns[key] == "" {
				columns[key] = field
			}
		}
	}
	return outcomes.NewSourceConfig(name, confidence, columns, means)
}
