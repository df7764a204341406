package care

import (
	"context"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Forget removes a destination from the log, with those of counts below it, so that retention no
// longer waits for it. If the log is shipped to it again, it gets all existing rows from the start.
func Forget(ctx context.Context, path, destination string) error {
	return sqlite.Edit(ctx, path, false, func(c *file.Connection) error {
		row, err := c.First(ctx, "SELECT coalesce(group_concat(DISTINCT destination), '') FROM shipped")
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		known := f.Text(0)
		row, err = c.First(ctx, "DELETE FROM shipped WHERE destination = ?1 OR destination IN (?1 || '/ticks', ?1 || '/tick_outcomes') RETURNING 1", destination)
		switch {
		case err != nil:
			return err
		case row == nil && known == "":
			return fmt.Errorf("forget destination %q: this log is not shipped anywhere", destination)
		case row == nil:
			return fmt.Errorf("forget destination %q: this log is not shipped there, but to %s", destination, strings.ReplaceAll(known, ",", " and "))
		}
		return nil
	})
}
