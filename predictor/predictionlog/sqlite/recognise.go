package sqlite

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// recognise returns an error unless the file behind a connection is a log of
// this schema version.
func recognise(ctx context.Context, conn *file.Connection, path string) error {
	application, err := conn.Pragma(ctx, "application_id")
	if err != nil {
		return err
	}
	version, err := conn.Pragma(ctx, "user_version")
	if err != nil {
		return err
	}
	switch {
	case application == applicationID && version == schemaVersion:
		return nil
	case application == applicationID && version < schemaVersion:
		return fmt.Errorf("prediction log %s %w: an earlier release made it; start the predictor of this release, or run `drift_exporter log init`, to bring it up to this one: every row stays",
			path, file.ErrSchemaVersion)
	case application == applicationID:
		return fmt.Errorf("prediction log %s %w: it was made with version %d and this program knows version %d; use the release that made it, or move it away to start a new one",
			path, file.ErrSchemaVersion, version, schemaVersion)
	}
	tables, err := conn.First(ctx, "SELECT 1 FROM sqlite_schema")
	if err != nil {
		return err
	}
	if application == 0 && tables == nil {
		return fmt.Errorf("prediction log %s %w: run `drift_exporter log init`, or wait for the predictor to make it", path, file.ErrEmpty)
	}
	return fmt.Errorf("prediction log %s %w: it is an SQLite database of something else (application_id %d); check --predictions.log", path, file.ErrNotLog, application)
}
