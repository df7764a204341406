package sqlite

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectOutcome = `SELECT coalesce(class, ''), outcome FROM feedback WHERE prediction_id = ? ORDER BY seq DESC LIMIT 1`

// Outcome returns the predicted class of a prediction and the outcome that counts now. ok is false
// if no outcome is known. It takes 10 us.
func (r *Reader) Outcome(ctx context.Context, id int64) (class, outcome string, ok bool, err error) {
	err = r.use(ctx, false, func(c *file.Connection) error {
		columns, err := c.First(ctx, selectOutcome, id)
		if err != nil || columns == nil {
			return err
		}
		f := file.Fields{Row: columns}
		class, outcome, ok = f.Text(0), f.Text(1), true
		if f.Err != nil {
			return c.Damaged(fmt.Sprintf("feedback of prediction %d", id), f.Err)
		}
		return nil
	})
	if err != nil {
		return "", "", false, fmt.Errorf("read the outcome of prediction %d: %w", id, err)
	}
	return class, outcome, ok, nil
}
