// Command drift_exporter watches machine-learning models in production: a
// predictor writes every request and every piece of feedback to a prediction
// log, and a Prometheus exporter turns that log into drift, shift, accuracy and
// traffic metrics. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/bigquery"
	"github.com/drift-exporter/drift_exporter/collector/flags"
	"github.com/drift-exporter/drift_exporter/collector/replay"
	"github.com/drift-exporter/drift_exporter/collector/train"
	"github.com/drift-exporter/drift_exporter/exporter"
	"github.com/drift-exporter/drift_exporter/predictor"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/demo"
)

const name = "drift_exporter"

const defaultLog = "predictions.db"

// The exit statuses: 1 is for a command that failed, 2 for one that was
// misspelt. A process that was told to stop by a signal ends with 0.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "%s: error: %v\n", name, err)
	if errors.Is(err, errUsage) {
		os.Exit(exitUsage)
	}
	os.Exit(exitFailure)
}

// command is a command of which the flags are parsed.
type command func(context.Context) error

// errUsage marks the errors of the command line.
var errUsage = flags.ErrUsage

// run parses args and runs the command they name until it is done or ctx ends.
// Results go to stdout, logs and progress to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	app := kingpin.New(name, "A Prometheus exporter for machine-learning models: drift, prediction shift, accuracy and traffic from a prediction log.")
	ended := false
	app.Terminate(func(int) { ended = true })
	app.UsageWriter(stdout).ErrorWriter(stderr)
	app.HelpFlag.Short('h')
	app.Version(version.Print(name))
	logging := promslog.Config{Writer: stderr}
	promslogflag.AddFlags(app, &logging)

	e := &environment{stdout: stdout, stderr: stderr}
	commands := map[string]command{
		"exporter":  e.exporter(app.Command("exporter", "Serve the metrics of a prediction log to Prometheus.").Default()),
		"predictor": e.predictor(app.Command("predictor", "Serve a model over HTTP and write every prediction and every feedback to a prediction log.")),
		"simulate":  e.simulate(app.Command("simulate", "Send made-up loans, or the rows of a CSV, to a predictor, and later what became of them.")),
		"train":     train.Train(app.Command("train", "Fit a model to rows with outcomes; write the model file and the reference file."), e.open, e.stdout),
		"reference": train.Reference(app.Command("reference", "Write the reference file of rows without a model of ours, or show one."), e.open, e.stdout),
		"replay":    e.replay(app.Command("replay", "Put history through a configuration: which alarms it would have given, when and how late.")),
		"ship":      e.ship(app.Command("ship", "Ship a prediction log to BigQuery: every prediction, outcome and refusal, exactly once.")),
		"demo":      e.demo(app.Command("demo", "Run predictor, exporter and traffic that drifts after a while, on a fresh temporary log.")),
	}
	e.log(app.Command("log", "Care for a prediction log."), commands)
	if err := unknownCommand(app, args); err != nil {
		return err
	}
	if done, err := generalHelp(app, args, stdout); done {
		return err
	}
	selected, err := app.Parse(args)
	if ended {
		return nil // --help or --version was answered
	}
	if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	e.logger = promslog.New(&logging)
	return commands[selected](ctx)
}

// environment is what every command is given besides its flags.
type environment struct {
	stdout, stderr io.Writer
	logger         *slog.Logger // set before a command runs
}

// unknownCommand refuses a first word that is not a command, which kingpin would
// take for an argument of the default command.
func unknownCommand(app *kingpin.Application, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || app.GetCommand(args[0]) != nil || args[0] == "help" {
		return nil
	}
	var names []string
	for _, c := range app.Model().Commands {
		names = append(names, c.Name)
	}
	return fmt.Errorf("unknown command %q, the commands are: %s; %w", args[0], strings.Join(names, ", "), errUsage)
}

// generalHelp answers --help without a command: the commands, and the flags of
// the default one.
func generalHelp(app *kingpin.Application, args []string, stdout io.Writer) (bool, error) {
	if len(args) != 1 || (args[0] != "--help" && args[0] != "-h") {
		return false, nil
	}
	c, err := app.ParseContext([]string{"exporter"})
	if err != nil {
		return true, err
	}
	if err := app.UsageForContext(c); err != nil {
		return true, err
	}
	fmt.Fprintln(stdout, "exporter is the default command. All commands, each with a --help of its own:")
	fmt.Fprintln(stdout)
	for _, c := range app.Model().Commands {
		fmt.Fprintf(stdout, "  %-10s %s\n", c.Name, c.Help)
	}
	return true, nil
}

// exporter watches the models of a prediction log.
func (e *environment) exporter(cmd *kingpin.CmdClause) command {
	var (
		web     = kingpinflag.AddFlags(cmd, ":8001")
		serve   exporter.Options
		watch   = flags.Defaults()
		tables  = flags.Warehouse(cmd)
		offset  = flags.Duration(cmd, "scrape.timeout-offset", "How long before Prometheus gives up the answer is sent.", "0.5s")
		check   = cmd.Flag("config.check", "Check the configuration and the references, and exit.").Bool()
		refresh = flags.Duration(cmd, "reference.refresh-interval", "How often to look whether configuration or references have changed; 0: only when told to reload.", "1h")
	)
	cmd.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&serve.TelemetryPath)
	cmd.Flag("web.max-requests", "Scrapes in flight at most; 0: no bound.").Default("40").IntVar(&serve.MaxRequests)
	cmd.Flag("web.enable-pprof", "Serve /debug/pprof/.").BoolVar(&serve.EnablePprof)
	cmd.Flag("web.enable-lifecycle", "Allow POST /-/reload.").BoolVar(&serve.EnableLifecycle)
	cmd.Flag("web.external-url", "URL, or its path, under which a reverse proxy shows the exporter.").StringVar(&serve.ExternalURL)
	cmd.Flag("predictions.log", "Prediction log to read.").Default(defaultLog).StringVar(&watch.Log)
	cmd.Flag("reference.cache-dir", "Folder for the last good references from BigQuery; without it a restart counts them anew.").StringVar(&watch.CacheDir)
	flags.Watch(cmd, &watch)
	enabled := flags.Collectors(cmd)
	return func(ctx context.Context) (err error) {
		warehouse := e.warehouse(tables)
		defer func() { err = errors.Join(err, warehouse.Close()) }()
		watch.Enabled, watch.Now, watch.Logger, watch.Remote, watch.Table = enabled(), time.Now, e.logger, warehouse, tables.Table
		if *check {
			if err := collector.CheckConfig(watch); err != nil {
				return err
			}
			fmt.Fprintln(e.stdout, "configuration and references are valid; tables of BigQuery are not asked")
			return nil
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		monitor, err := collector.New(watch)
		if err != nil {
			return err
		}
		serve.Monitor, serve.Web, serve.TimeoutOffset, serve.Hangup = monitor, web, *offset, hangup
		serve.Collectors, serve.Enabled, serve.Logger = collector.Names(), watch.Enabled, e.logger
		e.logger.Info("starting exporter", "version", version.Info(), "build", version.BuildContext())
		stop := monitor.Refresh(*refresh)
		err = exporter.Run(ctx, serve)
		stop()
		return errors.Join(err, monitor.Close())
	}
}

// warehouse is BigQuery, which is connected to when it is first used.
func (e *environment) warehouse(f *flags.BigQuery) *bigquery.Client {
	return bigquery.New(bigquery.Options{Project: f.Table.Project, Location: f.Location, MaximumBytes: int64(f.MaximumBytes), Logger: e.logger})
}

// open is the warehouse of the commands that read rows.
func (e *environment) open(f *flags.BigQuery) train.Warehouse { return e.warehouse(f) }

// predictor serves a model and writes the log.
func (e *environment) predictor(cmd *kingpin.CmdClause) command {
	var (
		web     = kingpinflag.AddFlags(cmd, ":5000")
		serve   predictor.RunOptions
		file    = cmd.Flag("model.file", "Model to serve; without it, the embedded loan model.").String()
		path    = cmd.Flag("predictions.log", "Prediction log to write; made when missing.").Default(defaultLog).String()
		keep    = flags.Duration(cmd, "predictions.retention.time", "How long predictions are kept; 0: for good.", "90d")
		size    = cmd.Flag("predictions.retention.size", "Size of the log above which the oldest predictions go, such as 10GiB; 0: no bound.").Default("0B").Bytes()
		failure = cmd.Flag("predictions.log-failure", "While the log cannot be written: refuse predictions, or serve them unlogged.").Default("refuse").Enum("refuse", "serve")
	)
	cmd.Flag("web.telemetry-path", "Path of the predictor's own metrics.").Default("/metrics").StringVar(&serve.TelemetryPath)
	cmd.Flag("web.max-requests", "Requests in flight at most, the next one is answered with 429; 0: no bound.").Default("1024").IntVar(&serve.MaxRequests)
	cmd.Flag("web.enable-pprof", "Serve /debug/pprof/.").BoolVar(&serve.EnablePprof)
	return func(ctx context.Context) error {
		m, err := loadModel(*file)
		if err != nil {
			return err
		}
		serve.Model, serve.Web, serve.LogPath, serve.LogFailure, serve.Logger = m, web, *path, *failure, e.logger
		serve.LogOptions = predictionlog.WriterOptions{RetentionTime: *keep, RetentionSize: int64(*size), Lookback: flags.Lookback, Logger: e.logger}
		e.logger.Info("starting predictor", "model", m.Name, "model_version", m.Version, "version", version.Info(), "build", version.BuildContext())
		return predictor.Run(ctx, serve)
	}
}

// simulate sends traffic to a predictor.
func (e *environment) simulate(cmd *kingpin.CmdClause) command {
	var (
		o     simulate.Options
		delay = flags.Duration(cmd, "outcome-delay", "How long after a prediction its outcome is sent.", "0s")
	)
	cmd.Flag("predictor.url", "Predictor to send to.").Default("http://127.0.0.1:5000").StringVar(&o.URL)
	cmd.Flag("count", "Predictions to send; 0: until stopped, or to the end of the CSV.").Default("0").IntVar(&o.Count)
	cmd.Flag("rate", "Predictions a second; 0: as fast as it goes.").Default("10").Float64Var(&o.Rate)
	cmd.Flag("concurrency", "Requests in flight at most.").Default("8").IntVar(&o.Concurrency)
	cmd.Flag("seed", "Seed of the made-up loans.").Default("1").Uint64Var(&o.Seed)
	cmd.Flag("shift", "Shift a feature's finished value: FEATURE=+0.5sd, FEATURE=+10 or FEATURE=*1.2; repeatable.").PlaceHolder("FEATURE=+0.5sd").StringsVar(&o.Shifts)
	cmd.Flag("csv", "Send the rows of this CSV (plain or gzip), in order, instead of made-up loans.").StringVar(&o.CSV)
	cmd.Flag("outcome", "Column of the CSV with what became of the row.").StringVar(&o.Outcome)
	cmd.Flag("positive", "Value of the outcome column that counts as 1.").StringVar(&o.Positive)
	cmd.Flag("outcomes", "Send outcomes to /feedback.").BoolVar(&o.Outcomes)
	return func(ctx context.Context) error {
		o.OutcomeDelay = *delay
		return simulate.Run(ctx, o, e.stdout, e.stderr)
	}
}

// replay puts history through a configuration.
func (e *environment) replay(cmd *kingpin.CmdClause) command {
	options := flags.Replay(cmd, defaultLog)
	output := cmd.Flag("output.openmetrics", "File to write the metrics over time to, for 'promtool tsdb create-blocks-from openmetrics'.").String()
	return func(ctx context.Context) error {
		o, err := options()
		if err != nil {
			return fmt.Errorf("%w; %w", err, errUsage)
		}
		o.Progress = e.stderr
		run := func(w io.Writer) error {
			o.Metrics = w
			report, err := replay.Run(ctx, o)
			if err != nil {
				return err
			}
			return report.Print(e.stdout)
		}
		if *output == "" {
			return run(nil)
		}
		o.Spool = filepath.Dir(*output)
		return rows.WriteFile(*output, run)
	}
}

// log cares for a prediction log.
func (e *environment) log(cmd *kingpin.CmdClause, commands map[string]command) {
	path := cmd.Flag("predictions.log", "Prediction log.").Default(defaultLog).String()
	add := func(name, help string) *kingpin.CmdClause { return cmd.Command(name, help) }

	add("init", "Make an empty log, for services that write it without the predictor.")
	commands["log init"] = func(ctx context.Context) error { return predictionlog.Init(ctx, *path) }

	add("schema", "Print the log's SQL schema.")
	commands["log schema"] = func(context.Context) error {
		_, err := io.WriteString(e.stdout, predictionlog.Schema())
		return err
	}

	add("check", "Check a log: the file, its rows and its sums. It changes nothing; exit status 1 when something is wrong.")
	commands["log check"] = func(ctx context.Context) error {
		report, err := predictionlog.Check(ctx, *path)
		if err != nil {
			return err
		}
		fmt.Fprint(e.stdout, report)
		return report.Err()
	}

	prune := add("prune", "Delete predictions older than an age; their sums stay.")
	age := flags.Duration(prune, "older-than", "Age of the predictions to delete, such as 90d.", "90d")
	commands["log prune"] = func(ctx context.Context) error {
		pruned, err := predictionlog.Prune(ctx, *path, *age)
		fmt.Fprint(e.stdout, pruned)
		return err
	}

	forget := add("forget", "Take out a destination that the log is shipped to, so that retention no longer keeps rows for it.")
	destination := forget.Flag("destination", "The destination, such as bigquery:PROJECT.DATASET.").Required().String()
	commands["log forget"] = func(ctx context.Context) error { return predictionlog.Forget(ctx, *path, *destination) }

	erase := add("erase", "Delete one person's prediction and feedback, and wipe the bytes from the file; the sums stay.")
	request := erase.Flag("request-id", "Request id of the prediction.").Required().String()
	commands["log erase"] = func(ctx context.Context) error {
		n, err := predictionlog.Erase(ctx, *path, *request)
		fmt.Fprintf(e.stdout, "deleted %d rows\n", n)
		return err
	}
}

// ship ships a log to BigQuery.
func (e *environment) ship(cmd *kingpin.CmdClause) command {
	var o ship.Options
	o.Web = kingpinflag.AddFlags(cmd, ":8003")
	project, dataset := flags.Ship(cmd, &o, defaultLog)
	return func(ctx context.Context) error {
		o.Logger = e.logger
		sink, err := bigquery.NewSink(ctx, bigquery.SinkOptions{Project: *project, Dataset: *dataset, Logger: e.logger})
		if err != nil {
			return err
		}
		o.Name, o.Destination = sink.Name(), sink
		return errors.Join(ship.Run(ctx, o), sink.Close())
	}
}

// demo shows everything at once.
func (e *environment) demo(cmd *kingpin.CmdClause) command {
	o := demo.Options{Run: run, Stdout: e.stdout}
	cmd.Flag("predictor.port", "Port of the predictor.").Default("5000").IntVar(&o.PredictorPort)
	cmd.Flag("exporter.port", "Port of the exporter.").Default("8001").IntVar(&o.ExporterPort)
	cmd.Flag("dir", "Folder for the log, which is kept; without it, a temporary one.").StringVar(&o.Dir)
	duration := flags.Duration(cmd, "duration", "End after this time; 0: when stopped.", "0s")
	return func(ctx context.Context) error {
		o.Duration = *duration
		return demo.Run(ctx, o)
	}
}

func loadModel(path string) (*model.Model, error) {
	if path == "" {
		return model.Default(), nil
	}
	return model.Load(path)
}
