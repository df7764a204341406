// Package command defines the command lines of drift_exporter, one file each:
// the flags of a command, and what it runs once they are parsed.
package command

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// ErrUsage marks the errors of the command line.
var ErrUsage = errors.New("see --help")

// defaultLog is the prediction log that commands use when none is named.
const defaultLog = "predictions.db"

// Environment is the environment of every command, in addition to its flags. Logger is read
// when a command runs, the other fields when Add is called.
type Environment struct {
	// Stdout receives results, Stderr progress.
	Stdout, Stderr io.Writer
	// Logger receives messages for operators.
	Logger *slog.Logger
	// BigQuery makes the clients of BigQuery; nil in a build without them.
	BigQuery BigQuery
	// Kinds are the kinds of sources of outcomes that this build has.
	Kinds []outcomes.Kind
	// Run runs another command, as a shell would, until it is done or ctx ends.
	Run func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

// Run runs a command whose flags are parsed.
type Run func(context.Context) error

// flagged can have flags: a kingpin command or application.
type flagged interface {
	Flag(name, help string) *kingpin.FlagClause
}

// Add adds every command to app. The result has the Run of each, by its full name.
func Add(app *kingpin.Application, e *Environment) map[string]Run {
	commands := map[string]Run{
		"exporter":  e.exporter(app.Command("exporter", "Serve the metrics of a prediction log to Prometheus.").Default()),
		"predictor": e.predictor(app.Command("predictor", "Serve a model over HTTP and write every prediction and every feedback to a prediction log.")),
		"simulate":  e.simulate(app.Command("simulate", "Send made-up loans, or the rows of a CSV, to a predictor, and later their outcomes.")),
		"train":     e.train(app.Command("train", "Fit a model to rows with outcomes; write the model file and the reference file.")),
		"reference": e.reference(app.Command("reference", "Build a reference file from rows that any model has scored, or print one.")),
		"replay":    e.replay(app.Command("replay", "Replay history through a configuration and report the alarms it would have raised, and when.")),
		"report":    e.report(app.Command("report", "Write what the page said at the end of a past interval, and how it came to that, as one HTML file.")),
		"ship":      e.ship(app.Command("ship", "Ship a prediction log to BigQuery: every prediction, outcome and refusal, exactly once.")),
		"demo":      e.demo(app.Command("demo", "Run predictor, exporter and traffic that drifts after a while, on a fresh temporary log.")),
	}
	e.respond(app.Command("respond", "Run playbooks when alerts arrive: validate, retrain, promote, roll back, call other systems."), commands)
	e.outcomes(app.Command("outcomes", "Read what really happened from files, databases and queues into a prediction log."), commands)
	e.log(app.Command("log", "Maintain a prediction log."), commands)
	return commands
}

// logFlag adds the flag that names the prediction log.
func logFlag(cmd flagged, help string) *kingpin.FlagClause {
	return cmd.Flag("predictions.log", help).Default(defaultLog)
}

// telemetryPath adds the flag that says where a service has its metrics.
func telemetryPath(cmd flagged, help string, path *string) {
	cmd.Flag("web.telemetry-path", help).Default("/metrics").StringVar(path)
}

// maxConnections adds the flag that bounds the connections of a service.
func maxConnections(cmd flagged, value string, connections *int) {
	cmd.Flag("web.max-connections", "Maximum number of connections; beyond it, the one that has waited longest for its client is closed. 0: no bound.").Default(value).IntVar(connections)
}

// pprof adds the flag that has a service serve its profiles.
func pprof(cmd flagged, enabled *bool) {
	cmd.Flag("web.enable-pprof", "Serve /debug/pprof/.").BoolVar(enabled)
}
