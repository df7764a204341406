package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const selectWhole = `SELECT id, time, model, version, CAST(features AS BLOB), score, class, latency, shadow_of, coalesce(request_id, ''),
  coalesce(answered, ''), coalesce(probability, 0.0)
FROM predictions LEFT JOIN explorations ON prediction_id = id WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 500`

// WholePredictions is Predictions with the request id. It takes 1 us a row.
func (r *Reader) WholePredictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.WholeRow) error) error {
	var row predictionlog.WholeRow
	names, known := map[string]string{}, predictionlog.Row{}
	return r.chunks(ctx, "prediction", &after, upTo, func(c *file.Connection, each func(int64, error) error) error {
		return c.Query(context.Background(), selectWhole, func(columns []driver.Value) error {
			err := scanPrediction(columns, &row.Row, &known, names)
			if err == nil {
				f := file.Fields{Row: columns}
				row.RequestID, row.Answered, row.AnsweredProbability, err = f.Text(9), f.Text(10), f.Real(11), f.Err
			}
			if err != nil {
				return c.Damaged(fmt.Sprintf("row of predictions after id %d", after), err)
			}
			return each(row.ID, yield(&row))
		}, after, upTo)
	})
}
