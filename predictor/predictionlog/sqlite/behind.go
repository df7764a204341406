package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// timeColumns are the columns with the time of a row, if its name is not time.
var timeColumns = map[predictionlog.Table]string{predictionlog.TableOutcomes: "received_at"}

// Newest returns, for each table, the newest number that was ever used, even if its row no longer
// exists. It is -1 if there is none.
func (r *Reader) Newest(ctx context.Context) (map[predictionlog.Table]int64, error) {
	newest := map[predictionlog.Table]int64{}
	state, err := r.State(ctx)
	if err != nil {
		return nil, err
	}
	newest[predictionlog.TablePredictions] = state.HighWater.Predictions
	err = r.use(ctx, false, func(c *file.Connection) error {
		for _, t := range predictionlog.Tables[1:] {
			row, err := c.First(ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), -1)", string(t))
			if err != nil {
				return err
			}
			f := file.Fields{Row: row}
			if newest[t] = f.Integer(0); f.Err != nil {
				return c.Damaged("sqlite_sequence", f.Err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest numbers: %w", err)
	}
	return newest, nil
}

// Behind returns, for each table, the time of the first row whose id is above the given one, in
// nanoseconds since 1970. A table without such a row is not in the map.
func (r *Reader) Behind(ctx context.Context, upTo map[predictionlog.Table]int64) (map[predictionlog.Table]int64, error) {
	behind := map[predictionlog.Table]int64{}
	err := r.use(ctx, false, func(c *file.Connection) error {
		for t, id := range maps.All(upTo) {
			column := cmp.Or(timeColumns[t], "time")
			row, err := c.First(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %[3]s > ? ORDER BY %[3]s LIMIT 1", column, t, t.Number()), id)
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			f := file.Fields{Row: row}
			if behind[t] = f.Integer(0); f.Err != nil {
				return f.Err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the first rows that follow: %w", err)
	}
	return behind, nil
}

// Before returns up to which number the rows of a table have a time before t: the newest such row,
// else what is before the oldest row, and newest without rows. It reads the rows that follow.
func (r *Reader) Before(ctx context.Context, table predictionlog.Table, t, newest int64) (number int64, err error) {
	err = r.use(ctx, false, func(c *file.Connection) error {
		row, err := c.First(ctx, fmt.Sprintf(`SELECT coalesce((SELECT %[1]s FROM %[2]s WHERE %[3]s < ?1 ORDER BY %[1]s DESC LIMIT 1),
  (SELECT min(%[1]s) - 1 FROM %[2]s), ?2)`, table.Number(), table, cmp.Or(timeColumns[table], "time")), t, newest)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		number = f.Integer(0)
		return f.Err
	})
	if err != nil {
		return -1, fmt.Errorf("read the newest row before a time: %w", err)
	}
	return number, nil
}
