package predictionlog

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// WholeRow is a prediction with what only those need who keep it elsewhere.
type WholeRow struct {
	Row
	RequestID string // empty when there is none
}

const selectWhole = `SELECT id, time, model, version, CAST(features AS BLOB), score, class, latency, coalesce(request_id, '')
FROM predictions WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 500`

// WholePredictions is Predictions with the request id. It costs 1 us a row.
func (r *Reader) WholePredictions(ctx context.Context, after, upTo int64, yield func(*WholeRow) error) error {
	var row WholeRow
	names, known := map[string]string{}, Row{}
	return r.chunks(ctx, "prediction", &after, upTo, func(c *connection, each func(int64, error) error) error {
		return c.query(context.Background(), selectWhole, func(columns []driver.Value) error {
			err := scanPrediction(columns, &row.Row, &known, names)
			if err == nil {
				f := fields{row: columns}
				row.RequestID, err = f.text(8), f.err
			}
			if err != nil {
				return c.damaged(fmt.Sprintf("row of predictions after id %d", after), err)
			}
			return each(row.ID, yield(&row))
		}, after, upTo)
	})
}

const selectBehind = `SELECT
  (SELECT time FROM predictions WHERE id > ?1 ORDER BY id LIMIT 1),
  (SELECT time FROM feedback WHERE seq > ?2 ORDER BY seq LIMIT 1),
  (SELECT time FROM errors WHERE seq > ?3 ORDER BY seq LIMIT 1)`

// Behind returns, for each table, the time in nanoseconds since 1970 of the
// first row whose id is above the given one; a table without such a row is not
// in the map.
func (r *Reader) Behind(ctx context.Context, upTo UpTo) (map[Table]int64, error) {
	behind := map[Table]int64{}
	err := r.use(ctx, false, func(c *connection) error {
		row, err := c.first(ctx, selectBehind, upTo.Predictions, upTo.Feedback, upTo.Errors)
		if err != nil {
			return err
		}
		f := fields{row: row}
		for i, t := range Tables {
			if row[i] != nil {
				behind[t] = f.integer(i)
			}
		}
		return f.err
	})
	if err != nil {
		return nil, fmt.Errorf("read the first rows that follow: %w", err)
	}
	return behind, nil
}
