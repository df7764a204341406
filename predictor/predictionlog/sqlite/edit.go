package sqlite

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Edit opens a log that other processes may be using, runs f and closes it.
func Edit(ctx context.Context, path string, create bool, f func(*file.Connection) error) error {
	return edit(ctx, path, opening{create: create}, f)
}

// Migrate upgrades the log at path to this release and reports its progress to w. A log that is
// up to date stays unchanged.
func Migrate(ctx context.Context, path string, w Watch) error {
	return edit(ctx, path, opening{watch: w}, func(*file.Connection) error { return nil })
}

func edit(ctx context.Context, path string, o opening, f func(*file.Connection) error) error {
	resolve := file.ResolveExisting
	if o.create {
		resolve = file.Resolve
	}
	path, err := resolve(path)
	if err != nil {
		return err
	}
	conn, _, err := openToWrite(ctx, path, o)
	if err != nil {
		return err
	}
	err = f(conn)
	if end := conn.Close(); err == nil {
		err = end
	}
	return file.Explain(path, err)
}
