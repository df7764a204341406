package fleet

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Coder returns what counts the rows of a model and version.
type Coder = func(predictionlog.Key) tick.Coder

// Log is what the replicas have shipped. Ticks are effective ones, by their starts, and ranges of
// them begin with from and end before until. Heartbeats are in State only. Tallies, Ticks and Outcomes
// may return tick.ErrAwaited for ticks that have not settled.
type Log interface {
	// State returns how far the logs have been shipped.
	State(ctx context.Context) (tick.State, error)
	// Totals returns the sums by model and version of all ticks before a time, of which only the
	// names and sums count, and the first tick of all, whether before that time or not; if there
	// is none, until.
	Totals(ctx context.Context, before int64) (sums []tick.Sum, begun int64, err error)
	// Tallies yields the sums of the ticks of a range, in order: rows, times, names and sums.
	Tallies(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error
	// Ticks does so with the counts and the newest values, in pieces, in order.
	Ticks(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error
	// Outcomes yields the outcomes that count in the ticks of a range, in any order.
	Outcomes(ctx context.Context, from, until int64, yield func(*tick.Outcome) error) error
	// Late returns the records that count in a tick of a range and are of another one.
	Late(ctx context.Context, from, until int64) ([]tick.Late, error)
	// Records returns the number of records and outcomes that count in each tick of a range.
	Records(ctx context.Context, from, until int64) (map[int64]int64, error)
	// Close ends the use of the log.
	Close() error
}
