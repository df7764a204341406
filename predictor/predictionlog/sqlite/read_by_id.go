package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectPrediction = `SELECT id, time, model, version, CAST(features AS BLOB), score, class, latency FROM predictions WHERE id = ?`

// byIDChunk is the number of rows that are looked up before other calls can run.
const byIDChunk = 100

// PredictionsByID calls yield with the predictions that have these ids, in the given order.
// Predictions that no longer exist are left out. Otherwise it works like Predictions. It takes 10
// us a row.
func (r *Reader) PredictionsByID(ctx context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	var row predictionlog.Row
	names := names{}
	for some := range slices.Chunk(ids, byIDChunk) {
		var stopped error
		err := r.use(ctx, false, func(c *file.Connection) error {
			for _, id := range some {
				columns, err := c.First(context.Background(), selectPrediction, id)
				if err != nil {
					return err
				}
				if columns == nil {
					continue
				}
				if err := scanPrediction(columns, &row, &row, names); err != nil {
					return c.Damaged(fmt.Sprintf("prediction %d", id), err)
				}
				if stopped = yield(&row); stopped != nil {
					return stopped
				}
			}
			return nil
		})
		switch {
		case stopped != nil:
			return stopped
		case err != nil:
			return fmt.Errorf("read predictions by id: %w", err)
		}
	}
	return nil
}
