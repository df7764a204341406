package sqlite

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Edit opens a log that others may be using, runs f and closes it.
func Edit(ctx context.Context, path string, create bool, f func(*file.Connection) error) error {
	path, err := file.Resolve(path)
	if err != nil {
		return err
	}
	conn, _, err := openToWrite(ctx, path, create)
	if err != nil {
		return err
	}
	err = f(conn)
	if end := conn.Close(); err == nil {
		err = end
	}
	return file.Explain(path, err)
}
