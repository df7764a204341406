package sqlite

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectBehind = `SELECT
  (SELECT time FROM predictions WHERE id > ?1 ORDER BY id LIMIT 1),
  (SELECT time FROM feedback WHERE seq > ?2 ORDER BY seq LIMIT 1),
  (SELECT time FROM errors WHERE seq > ?3 ORDER BY seq LIMIT 1)`

// Behind returns, for each table, the time in nanoseconds since 1970 of the
// first row whose id is above the given one; a table without such a row is not
// in the map.
func (r *Reader) Behind(ctx context.Context, upTo predictionlog.UpTo) (map[predictionlog.Table]int64, error) {
	behind := map[predictionlog.Table]int64{}
	err := r.use(ctx, false, func(c *file.Connection) error {
		row, err := c.First(ctx, selectBehind, upTo.Predictions, upTo.Feedback, upTo.Errors)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		for i, t := range predictionlog.Tables {
			if row[i] != nil {
				behind[t] = f.Integer(i)
			}
		}
		return f.Err
	})
	if err != nil {
		return nil, fmt.Errorf("read the first rows that follow: %w", err)
	}
	return behind, nil
}
