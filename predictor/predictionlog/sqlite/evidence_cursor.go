package sqlite

import (
	"context"
	"database/sql/driver"
	"maps"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// partMark separates the name of a source from the name of a part of it, in the column source of
// outcome_sources. Names of sources do not contain it.
const partMark = "/"

// cursorsOf returns the cursors of a source by part.
func cursorsOf(ctx context.Context, c *file.Connection, source string) (map[string]string, error) {
	cursors := map[string]string{}
	err := c.Query(ctx, "SELECT source, cursor FROM outcome_sources WHERE source >= ?1 AND source < ?2", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		cursors[strings.TrimPrefix(f.Text(0), source+partMark)] = f.Text(1)
		return f.Err
	}, source+partMark, source+string(partMark[0]+1))
	return cursors, err
}

// advance writes the cursors of a source.
func (r *received) advance(source string, cursors map[string]string) error {
	for _, part := range slices.Sorted(maps.Keys(cursors)) {
		key := source + partMark + part
		var err error
		if cursors[part] == "" {
			err = r.tx.conn.Do("DELETE FROM outcome_sources WHERE source = ?", key)
		} else {
			err = r.tx.conn.Do(`INSERT INTO outcome_sources (source, cursor, updated_at) VALUES (?1, ?2, ?3)
				ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at`, key, cursors[part], r.tx.now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
