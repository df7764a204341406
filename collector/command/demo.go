package command

import (
	"context"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/demo"
)

// demo shows everything at once.
func (e *Environment) demo(cmd *kingpin.CmdClause) Run {
	o := demo.Options{Run: e.Run, Stdout: e.Stdout}
	cmd.Flag("predictor.port", "Port of the predictor.").Default("5000").IntVar(&o.PredictorPort)
	cmd.Flag("exporter.port", "Port of the exporter.").Default("8001").IntVar(&o.ExporterPort)
	cmd.Flag("respond", "Also show the responder: accuracy drops, it retrains, promotes and rolls back.").BoolVar(&o.Respond)
	cmd.Flag("outcomes.port", "Port of the reviews, with --respond.").Default("8004").IntVar(&o.OutcomesPort)
	cmd.Flag("respond.port", "Port of the responder, with --respond.").Default("8005").IntVar(&o.RespondPort)
	cmd.Flag("dir", "Folder for the log, which is kept; without it, a temporary one.").StringVar(&o.Dir)
	cmd.Flag("duration", "End after this time; 0: when stopped.").Default("0s").SetValue((*duration)(&o.Duration))
	return func(ctx context.Context) error { return demo.Run(ctx, o) }
}
