package sqlite

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectState = `SELECT
  (SELECT value FROM meta WHERE key = 'log_id'),
  max(coalesce((SELECT max(id) FROM predictions), -1), (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions')),
  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feedback'), -1),
  coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'errors'), -1),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'predictions'),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'feedback'),
  (SELECT up_to_id FROM totals_up_to WHERE log = 'errors')`

// State checks whether the log is still the same file, and reopens it if not. It returns the
// current state of the log, read in one short transaction. It takes 7 us, whatever the log's
// size.
func (r *Reader) State(ctx context.Context) (predictionlog.State, error) {
	var s predictionlog.State
	err := r.use(ctx, true, func(c *file.Connection) error {
		if err := recognise(ctx, c, r.path); err != nil {
			return err
		}
		row, err := c.First(ctx, selectState)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		s = predictionlog.State{
			LogID:      f.Text(0),
			HighWater:  predictionlog.UpTo{Predictions: f.Integer(1), Feedback: f.Integer(2), Errors: f.Integer(3)},
			TotalsUpTo: predictionlog.UpTo{Predictions: f.Integer(4), Feedback: f.Integer(5), Errors: f.Integer(6)},
		}
		if f.Err != nil {
			return c.Damaged("state", f.Err)
		}
		s.Size, err = file.SizeOnDisk(r.real)
		return err
	})
	if err != nil {
		return predictionlog.State{}, fmt.Errorf("read state: %w", err)
	}
	return s, nil
}
