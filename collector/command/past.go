package command

import (
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/replay"
)

// pastFlags adds the flags that say which history is read: a prediction log, or the rows
// of a file. The returned function sets it in o, once the flags are parsed.
func pastFlags(cmd flagged, verb string, o *replay.Options) func() error {
	var (
		rows   replay.Rows
		byUser bool
		start  = timeFlag(cmd, "start", "Time of the first row of a file without --time; 2026-01-01 when left out.")
	)
	logFlag(cmd, "Prediction log to "+verb+".").IsSetByUser(&byUser).StringVar(&o.Log)
	file := newFileFlags(cmd, "Rows to "+verb+", in order, instead of a log:")
	cmd.Flag("time", "Column of the file with the time of the row: RFC 3339, where UTC is assumed without a zone, a date such as 2026-01-01 or 20260101, a time such as 20260101123000, or seconds since 1970.").StringVar(&rows.Time)
	cmd.Flag("rate", "Rows a second of a file without --time.").Default("1").Float64Var(&rows.Rate)
	cmd.Flag("score", "Column of the file with the score: the probability of the positive class, of the predicted class if there are more than two, or the predicted value of a regression; without it the score is not watched.").StringVar(&rows.Score)
	cmd.Flag("class", "Column of the file with the predicted class; without it, a score of --threshold or more is the positive one.").StringVar(&rows.Class)
	cmd.Flag("threshold", "Score from which the positive class is predicted in a file without --class; 0 is the reference's threshold, or 0.5.").Default("0").Float64Var(&rows.Threshold)
	cmd.Flag("missing", "Text that stands for a missing value in the file, in addition to those that the reference lists; repeatable.").PlaceHolder("TEXT").StringsVar(&rows.Missing)
	cmd.Flag("outcome", "Column of the file with the outcome.").StringVar(&rows.Outcome)
	cmd.Flag("positive", "Value of the outcome column that is the positive class; not needed for 0/1 and false/true.").StringVar(&rows.Positive)
	return func() (err error) {
		if !file.given() {
			return nil
		}
		if byUser {
			return fmt.Errorf("%s and --predictions.log exclude each other: there is one history", file.flag())
		}
		if rows.Path, rows.Format, err = file.named(); err != nil {
			return err
		}
		if !(rows.Threshold >= 0 && rows.Threshold < 1) {
			return fmt.Errorf("--threshold=%v: must be above 0 and below 1", rows.Threshold)
		}
		if rows.Start = *start; rows.Start.IsZero() {
			rows.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		o.Rows = &rows
		return nil
	}
}
