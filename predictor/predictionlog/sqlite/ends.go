package sqlite

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// The first and the last id of a table; 0 and -1 if it is empty. Each has a query of its own:
// SQLite looks for one end of an index, but reads the whole table for both.
const (
	predictionEnds = "SELECT coalesce((SELECT min(id) FROM predictions), 0), coalesce((SELECT max(id) FROM predictions), -1)"
	feedbackEnds   = "SELECT coalesce((SELECT min(seq) FROM feedback), 0), coalesce((SELECT max(seq) FROM feedback), -1)"
)

// ends returns the first and the last id that one of these queries finds.
func ends(ctx context.Context, c *file.Connection, query string) (first, last int64, err error) {
	row, err := c.First(ctx, query)
	if err != nil {
		return 0, -1, err
	}
	f := file.Fields{Row: row}
	first, last = f.Integer(0), f.Integer(1)
	return first, last, f.Err
}
