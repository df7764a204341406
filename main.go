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
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/command/sources"
	"github.com/drift-exporter/drift_exporter/collector/command/warehouse"
)

const name = "drift_exporter"

// The exit statuses: 1 for a command that failed, 2 for a wrong command line. A
// process that a signal has stopped ends with 0.
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
	if errors.Is(err, command.ErrUsage) {
		os.Exit(exitUsage)
	}
	os.Exit(exitFailure)
}

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
	environment := &command.Environment{Stdout: stdout, Stderr: stderr, BigQuery: warehouse.BigQuery(), Kinds: sources.Kinds(), Run: run}
	commands := command.Add(app, environment)
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
		return fmt.Errorf("%w; %w", err, command.ErrUsage)
	}
	environment.Logger = promslog.New(&logging)
	return commands[selected](ctx)
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
	return fmt.Errorf("unknown command %q, the commands are: %s; %w", args[0], strings.Join(names, ", "), command.ErrUsage)
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
