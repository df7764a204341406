package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectPrediction = `SELECT id, time, model, version, CAST(features AS BLOB), score, class, latency, shadow_of FROM predictions WHERE id = ?`

// byIDChunk is the number of rows that are looked up before other calls can run.
const byIDChunk = 100

// FeedbackOf calls yield with the outcomes of the predictions with these ids whose seq is above
// after and at most upTo: those of each prediction in the order of seq. Otherwise it works like
// PredictionsByID.
func (r *Reader) FeedbackOf(ctx context.Context, ids []int64, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	for some := range slices.Chunk(ids, byIDChunk) {
		var stopped error
		err := r.use(ctx, false, func(c *file.Connection) error {
			for _, id := range some {
				err := c.Query(context.Background(), selectFeedback+"WHERE prediction_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq", func(columns []driver.Value) error {
					row, err := scanFeedback(columns)
					if err != nil {
						return c.Damaged(fmt.Sprintf("feedback of prediction %d", id), err)
					}
					stopped = yield(&row)
					return stopped
				}, id, after, upTo)
				if err != nil {
					return err
				}
			}
			return nil
		})
		switch {
		case stopped != nil:
			return stopped
		case err != nil:
			return fmt.Errorf("read feedback by prediction: %w", err)
		}
	}
	return nil
}

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
