package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/history"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// logImport puts predictions of the past into a log.
func (e *Environment) logImport(cmd *kingpin.CmdClause, path *string) Run {
	var (
		o      history.Options
		c      = &o.Columns
		kind   = cmd.Flag("type", "What the model predicts: binary, multiclass or regression.").Default(string(value.Binary)).Enum(string(value.Binary), string(value.Multiclass), string(value.Regression))
		start  = timeFlag(cmd, "start", "Time of the first row of a file without --time; when left out, the last row is as old as the file.")
		config = cmd.Flag("upstream.config", "File that says how captured requests and answers are read (deploy/docs/INTAKE.md).").PlaceHolder("FILE").String()
	)
	cmd.Arg("file", "Files to import, in the order of their times.").Required().StringsVar(&o.Files)
	cmd.Flag("format", "Format of the files: "+strings.Join(history.Formats, ", ")+".").Default(history.CSV).EnumVar(&o.Format, history.Formats...)
	cmd.Flag("model.name", "Name of the model: the label model of every metric.").StringVar(&c.Model)
	cmd.Flag("model.version", "Version of the model.").StringVar(&c.Version)
	cmd.Flag("time", "Column with the time of the row: RFC 3339, where UTC is assumed without a zone, a date such as 2026-01-01 or 20260101, or seconds since 1970. The rows must be sorted by it.").StringVar(&c.Time)
	cmd.Flag("rate", "Rows a second of a file without --time.").Default("1").Float64Var(&c.Rate)
	cmd.Flag("score", "Column with the score: the probability of the positive class, of the predicted class if there are more than two, or the predicted value of a regression.").StringVar(&c.Score)
	cmd.Flag("class", "Column with the predicted class; without it, class 1 is predicted from --threshold on.").StringVar(&c.Class)
	cmd.Flag("threshold", "Score from which class 1 is predicted, without --class.").Default("0.5").Float64Var(&c.Threshold)
	cmd.Flag("outcome", "Column with the outcome.").StringVar(&c.Outcome)
	cmd.Flag("outcome-time", "Column with the time at which the outcome was known; at once when left out.").StringVar(&c.OutcomeTime)
	cmd.Flag("positive", "Value of the outcome column that counts as 1; not needed for 0/1 and false/true.").StringVar(&c.Positive)
	cmd.Flag("request-id", "Column with the id of the request, which is in the log once.").StringVar(&c.RequestID)
	cmd.Flag("missing", "Text that stands for a missing value in every column; repeatable.").PlaceHolder("TEXT").StringsVar(&c.Missing)
	cmd.Flag("numeric", "Column that is numeric, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").StringsVar(&c.Numeric)
	cmd.Flag("categorical", "Column that is categorical, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").StringsVar(&c.Categorical)
	cmd.Flag("ignore", "Column that is not a feature; repeatable.").PlaceHolder("COLUMN").StringsVar(&c.Ignore)
	return func(ctx context.Context) error {
		o.LogPath, c.Type, c.Start = *path, value.Prediction(*kind), *start
		if *config != "" {
			var err error
			if o.Config, err = intake.Load(*config); err != nil {
				return err
			}
		}
		if err := o.Check(); err != nil {
			return fmt.Errorf("%w; %w", err, ErrUsage)
		}
		return history.Import(ctx, o, e.Stdout)
	}
}
