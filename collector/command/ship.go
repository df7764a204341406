package command

import (
	"context"
	"errors"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// ship ships a log to BigQuery.
func (e *Environment) ship(cmd *kingpin.CmdClause) Run {
	var o ship.Options
	o.Web = kingpinflag.AddFlags(cmd, ":8003")
	logFlag(cmd, "Prediction log to ship; its progress is kept in it.").StringVar(&o.LogPath)
	p, d := datasetFlags(cmd, "Dataset to ship to, preferably one of its own. Tables and views are created in it.")
	project, dataset := p.String(), d.String()
	cmd.Flag("ship.interval", "Time between two checks for new rows.").Default("10s").SetValue((*duration)(&o.Interval))
	cmd.Flag("ship.batch-rows", "Maximum number of rows in a request.").Default("2000").IntVar(&o.BatchRows)
	rows := cmd.Flag("ship.rows", "Ship the rows of the log.").Default("true").Bool()
	counted := ticksFlags(cmd)
	cmd.Flag("once", "Ship what the log holds now, and exit; exit status 1 if rows were left.").BoolVar(&o.Once)
	telemetryPath(cmd, "Path of the shipper's own metrics.", &o.TelemetryPath)
	return func(ctx context.Context) error {
		if e.BigQuery == nil {
			return errNoBigQuery
		}
		o.Logger = e.Logger
		sink, err := e.BigQuery.Sink(ctx, *project, *dataset, e.Logger)
		if err != nil {
			return err
		}
		if *rows {
			o.Name, o.Destination = sink.Name(), sink
		}
		stop, err := counted.begin(ctx, e, &o, sink, *project, *dataset)
		if err != nil {
			return errors.Join(err, sink.Close())
		}
		err = ship.Run(ctx, o)
		return errors.Join(err, stop(), sink.Close())
	}
}
