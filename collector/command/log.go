package command

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// log maintains a prediction log. It adds its commands to those given.
func (e *Environment) log(cmd *kingpin.CmdClause, commands map[string]Run) {
	path := logFlag(cmd, "Prediction log.").String()
	add := func(name, help string) *kingpin.CmdClause { return cmd.Command(name, help) }

	add("init", "Create an empty log, for services that write it without the predictor.")
	commands["log init"] = func(ctx context.Context) error { return care.Init(ctx, *path) }

	add("schema", "Print the log's SQL schema.")
	commands["log schema"] = func(context.Context) error {
		_, err := io.WriteString(e.Stdout, sqlite.Schema())
		return err
	}

	add("check", "Check a log: the file, its rows and its sums. It changes nothing; exit status 1 when something is wrong.")
	commands["log check"] = func(ctx context.Context) error {
		report, err := care.Check(ctx, *path)
		if err != nil {
			return err
		}
		fmt.Fprint(e.Stdout, report)
		return report.Err()
	}

	commands["log import"] = e.logImport(add("import", "Put predictions of the past, with their own times and outcomes, from files into a log. Each file is imported once, and as a whole or not at all."), path)

	migrate := add("migrate", "Bring a log of an earlier release up to this one; every row and every sum stays.")
	dryRun := migrate.Flag("dry-run", "Say what would be done, and change nothing.").Bool()
	commands["log migrate"] = func(ctx context.Context) error { return care.Migrate(ctx, *path, *dryRun, e.Stdout, e.Stderr) }

	prune := add("prune", "Delete predictions older than an age; their sums stay.")
	age := durationFlag(prune, "older-than", "Age of the predictions to delete, such as 90d.", "90d")
	commands["log prune"] = func(ctx context.Context) error {
		pruned, err := care.Prune(ctx, *path, *age)
		if err == nil || pruned.Deleted > 0 {
			fmt.Fprint(e.Stdout, pruned)
		}
		return err
	}

	forget := add("forget", "Remove a destination that the log is shipped to, so that retention no longer keeps rows for it.")
	destination := forget.Flag("destination", "The destination, such as bigquery:PROJECT.DATASET.").Required().String()
	commands["log forget"] = func(ctx context.Context) error { return care.Forget(ctx, *path, *destination) }

	erase := add("erase", "Delete one person's prediction and everything recorded about it, and overwrite their bytes in the file; the sums stay. Where the log is shipped to, `ship` deletes them, too.")
	request := erase.Flag("request-id", "Request id of the prediction.").Required().String()
	commands["log erase"] = func(ctx context.Context) error {
		erased, err := care.Erase(ctx, *path, *request)
		if err == nil || erased.Rows > 0 {
			fmt.Fprint(e.Stdout, erased)
		}
		return err
	}
}
