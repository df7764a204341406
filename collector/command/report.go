package command

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector/page"
	"github.com/drift-exporter/drift_exporter/collector/replay"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// report writes what the page said at the end of a past interval.
func (e *Environment) report(cmd *kingpin.CmdClause) Run {
	var (
		o      replay.Options
		watch  = Defaults()
		from   = timeFlag(cmd, "from", "Beginning of the interval; the first row when left out.")
		to     = timeFlag(cmd, "to", "End of the interval; the last row when left out.")
		output = cmd.Flag("output", "File to write, one HTML page that needs nothing else.").Default("report.html").String()
	)
	history := pastFlags(cmd, "report on", &o)
	watchFlags(cmd, &watch)
	return func(ctx context.Context) error {
		if err := history(); err != nil {
			return fmt.Errorf("%w; %w", err, ErrUsage)
		}
		o.Settings = []replay.Setting{{Watch: watch}}
		i, err := replay.At(ctx, o, *from, *to)
		if err != nil {
			return err
		}
		return rows.WriteFile(*output, func(w io.Writer) error {
			return page.Report(w, i.Snapshot, watch.Judgement(), i.From, i.Predictions)
		})
	}
}
