package command

import (
	"context"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// simulate sends traffic to a predictor.
func (e *Environment) simulate(cmd *kingpin.CmdClause) Run {
	var o simulate.Options
	cmd.Flag("predictor.url", "Predictor to send to.").Default("http://127.0.0.1:5000").StringVar(&o.URL)
	cmd.Flag("count", "Predictions to send; 0: until stopped, or to the end of the CSV.").Default("0").IntVar(&o.Count)
	cmd.Flag("rate", "Predictions a second; 0: as fast as it goes.").Default("10").Float64Var(&o.Rate)
	cmd.Flag("concurrency", "Maximum number of requests in flight.").Default("8").IntVar(&o.Concurrency)
	cmd.Flag("seed", "Seed of the made-up loans.").Default("1").Uint64Var(&o.Seed)
	cmd.Flag("shift", "Shift a feature's finished value: FEATURE=+0.5sd, FEATURE=+10 or FEATURE=*1.2; repeatable.").PlaceHolder("FEATURE=+0.5sd").StringsVar(&o.Shifts)
	cmd.Flag("csv", "Send the rows of this CSV (plain or gzip), in order, instead of made-up loans.").StringVar(&o.CSV)
	cmd.Flag("outcome", "Column of the CSV with the outcome.").StringVar(&o.Outcome)
	cmd.Flag("positive", "Value of the outcome column that counts as 1.").StringVar(&o.Positive)
	cmd.Flag("missing", "Text of the CSV that stands for a missing value, such as -999: it is sent as it is, and --shift leaves it alone; repeatable.").PlaceHolder("TEXT").StringsVar(&o.Missing)
	cmd.Flag("outcomes", "Send outcomes to /feedback.").BoolVar(&o.Outcomes)
	cmd.Flag("outcome-delay", "How long after a prediction its outcome is sent.").Default("0s").SetValue((*duration)(&o.OutcomeDelay))
	return func(ctx context.Context) error { return simulate.Run(ctx, o, e.Stdout, e.Stderr) }
}
