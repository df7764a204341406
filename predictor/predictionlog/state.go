package predictionlog

import (
	"context"
	"fmt"
)

// State is how far a log has come.
type State struct {
	// LogID is the log's UUID: another one is another log.
	LogID string
	// HighWater holds the newest ids ever written, whether or not those rows
	// are still there; TotalsUpTo the newest ids in the log's own sums.
	HighWater, TotalsUpTo UpTo
	// Size is in bytes, of the log and its write-ahead log.
	Size int64
}

const selectState = `SELECT
  (SELECT value FROM meta WHERE key = 'log_id'),
  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'predictions'), -1),
  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feedback'), -1),
  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'errors'), -1),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions'),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'feedback'),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'errors')`

// State looks whether the log is still the same file, reopens it if not, and
// returns how far it has come, as one short read transaction sees it. It costs
// 7 us whatever the log's size.
func (r *Reader) State(ctx context.Context) (State, error) {
	var s State
	err := r.use(ctx, true, func(c *connection) error {
		if err := recognise(ctx, c, r.path); err != nil {
			return err
		}
		row, err := c.first(ctx, selectState)
		if err != nil {
			return err
		}
		f := fields{row: row}
		s = State{
			LogID:      f.text(0),
			HighWater:  UpTo{Predictions: f.integer(1), Feedback: f.integer(2), Errors: f.integer(3)},
			TotalsUpTo: UpTo{Predictions: f.integer(4), Feedback: f.integer(5), Errors: f.integer(6)},
		}
		if f.err != nil {
			return c.damaged("state", f.err)
		}
		s.Size, err = sizeOnDisk(r.real)
		return err
	})
	if err != nil {
		return State{}, fmt.Errorf("read state: %w", err)
	}
	return s, nil
}
