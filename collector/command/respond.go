package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/retrain"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/respond/action"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// respond runs playbooks when Alertmanager sends alerts. It adds its commands to those given.
func (e *Environment) respond(cmd *kingpin.CmdClause, commands map[string]Run) {
	audit := cmd.Flag("audit.file", "File with everything that happened, line by line as JSON.").Default("respond.jsonl").String()
	commands["respond run"] = e.respondRun(cmd.Command("run", "Receive alerts and run playbooks.").Default(), audit)
	check := cmd.Command("audit", "Check that no entry of the audit file was changed and none is missing.")
	commands["respond audit"] = e.respondAudit(check, audit)
}

// respondAudit checks an audit file.
func (e *Environment) respondAudit(_ *kingpin.CmdClause, path *string) Run {
	return func(context.Context) error { return respond.Audit(*path, e.Stdout) }
}

// respondRun receives alerts until it is stopped.
func (e *Environment) respondRun(cmd *kingpin.CmdClause, audit *string) Run {
	o := respond.Options{Web: kingpinflag.AddFlags(cmd, ":8005")}
	log := logFlag(cmd, "Prediction log whose labelled rows the steps use.").String()
	config := cmd.Flag("config.file", "Playbooks (deploy/docs/RESPOND.md).").String()
	check := cmd.Flag("config.check", "Check the configuration, and exit.").Bool()
	cmd.Flag("runs.dir", "Folder for the files of runs, one folder in it for each.").Default("respond-runs").StringVar(&o.Folder)
	telemetryPath(cmd, "Path of the metrics.", &o.TelemetryPath)
	maxConnections(cmd, "256", &o.MaxConnections)
	cmd.Flag("web.enable-lifecycle", "Allow POST /-/reload.").BoolVar(&o.EnableLifecycle)
	kinds := slices.Concat(retrain.Kinds(e.Run, e.holdouts()), action.Kinds())
	o.Load = func() (*respond.Config, error) {
		if *config == "" {
			return nil, fmt.Errorf("--config.file is missing: name the file with the playbooks; %w", ErrUsage)
		}
		return respond.Load(*config, kinds)
	}
	return func(ctx context.Context) error {
		if *check {
			c, err := o.Load()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.Stdout, "the configuration is valid: %d playbooks; nothing was run\n", len(c.Playbooks))
			return err
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		o.LogPath, o.AuditPath, o.Hangup, o.Logger = *log, *audit, hangup, e.Logger
		return respond.Run(ctx, o)
	}
}

// holdoutBytes bounds what the query for a holdout may process.
const holdoutBytes = 10 << 30

// holdouts reads tables of BigQuery into memory. It is nil in a build without it.
func (e *Environment) holdouts() retrain.Tables {
	if e.BigQuery == nil {
		return nil
	}
	return func(ctx context.Context, t retrain.Table) (rows.Table, error) {
		w := e.BigQuery.Warehouse(WarehouseOptions{Project: t.Project, MaximumBytes: holdoutBytes, Logger: e.Logger})
		var text bytes.Buffer
		_, err := w.Rows(ctx, reference.Table{Project: t.Project, Dataset: t.Dataset, Name: t.Name, Where: t.Where, Outcome: t.Outcome}, &text)
		if err := errors.Join(err, w.Close()); err != nil {
			return nil, err
		}
		return rows.NewCSVTable(bytes.NewReader(text.Bytes()), int64(text.Len()))
	}
}
