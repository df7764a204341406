// Fleet measures an exporter over many logs. It makes the counts that replicas would have
// shipped, puts them into an emulator of BigQuery, and lets the exporter's engine start and
// follow, minute by minute:
//
//	go run ./deploy/test/fleet
//
// It needs python3 with the package bqemulator. deploy/FLEET.md says what the columns mean.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
)

func main() { process.Main("fleet", run) }

// settings are the size of a fleet.
type settings struct {
	logs     int
	rows     int64         // of all logs together
	span     time.Duration // over which the rows are spread
	features int
	minutes  int // that the exporter follows after its start
}

func (s *settings) String() string {
	return fmt.Sprintf("%d logs, %.3g rows in %s, %d features", s.logs, float64(s.rows), s.span, s.features)
}

// grown are fleets that differ from a tenth of the first in one thing each: the logs, the rows an
// hour, the features.
func (s *settings) grown() []settings {
	few := *s
	few.rows, few.span = s.rows/10, s.span/10
	all := []settings{*s, few}
	for _, logs := range []int{s.logs / 4, s.logs / 2, 2 * s.logs} {
		other := few
		other.logs = max(1, logs)
		all = append(all, other)
	}
	busy, wide := few, few
	busy.rows, wide.features = 10*few.rows, 100
	return append(all, busy, wide)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s settings
	quick := flags.Bool("quick", false, "a hundredth of the rows: that everything runs")
	output := flags.String("output", ".build/fleet.md", "where to write the table, beside the terminal")
	flags.IntVar(&s.logs, "logs", 20, "number of logs")
	flags.Int64Var(&s.rows, "rows", 20_000_000, "predictions in all of them")
	flags.DurationVar(&s.span, "span", 5*time.Hour, "time over which the predictions are spread")
	flags.IntVar(&s.features, "features", 12, "numeric features of the model")
	flags.IntVar(&s.minutes, "minutes", 10, "how many minutes the exporter follows after its start")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *quick {
		s.rows, s.span, s.minutes = s.rows/100, s.span/20, 2
	}
	if s.logs < 1 || s.rows < 1 || s.features < 1 || s.minutes < 1 || s.span < 10*time.Minute {
		return fmt.Errorf("-logs, -rows, -features and -minutes must be above 0, and -span at least 10m")
	}
	served, err := emulator.Run(ctx)
	if err != nil {
		return fmt.Errorf("start the emulator (pip install bqemulator numpy): %w", err)
	}
	defer served.Kill()
	var table strings.Builder
	for i, f := range s.grown() {
		fmt.Fprintln(stderr, f.String())
		measured, err := measure(ctx, served, "fleet"+strconv.Itoa(i), f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.String(), err)
		}
		line := measured.line(f)
		if i == 0 {
			line = header + line
		}
		table.WriteString(line)
		if _, err := io.WriteString(stdout, line); err != nil {
			return err
		}
	}
	if err := os.WriteFile(*output, []byte(table.String()), 0o600); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
