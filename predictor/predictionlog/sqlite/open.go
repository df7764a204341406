package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// setUp is run by every writing connection. SQLite's driver uses NORMAL by default, with which an
// acknowledged commit is not on the disk yet. Overwriting deleted rows with zeros, in pages that
// are written anyway, has no measurable cost and leaves less work for Erase. The write-ahead log
// is copied into the log every 4000 pages, 16 MB. With SQLite's default of 1000, this alone
// determined the p99 of a commit.
const setUp = "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 33554432; PRAGMA wal_autocheckpoint = 4000"

// opening says how a log is opened for writing.
type opening struct {
	create bool // make it if it is missing or empty
	locked bool // this process is the log's predictor
	watch  Watch
}

// openToWrite opens the log at a resolved path for writing. The returned connection is for the
// file at this path, or for the file that has replaced it since.
func openToWrite(ctx context.Context, path string, o opening) (*file.Connection, file.Identity, error) {
	if err := file.RefuseNetwork(path); err != nil {
		return nil, file.Identity{}, err
	}
	if o.create {
		if err := file.Touch(path); err != nil {
			return nil, file.Identity{}, err
		}
	}
	found, _, err := file.Identify(path)
	if err != nil {
		return nil, file.Identity{}, file.Explain(path, err)
	}
	conn, err := dial(path, "rw", url.Values{"_busy_timeout": {file.Patience}})
	if err != nil {
		return nil, file.Identity{}, file.Explain(path, err)
	}
	if err := prepareToWrite(ctx, conn, path, o); err != nil {
		return nil, file.Identity{}, errors.Join(file.Explain(path, err), conn.Close())
	}
	return conn, found, nil
}

// prepareToWrite checks the open file before it changes anything.
func prepareToWrite(ctx context.Context, conn *file.Connection, path string, o opening) error {
	err := recognise(ctx, conn, path)
	if errors.Is(err, file.ErrSchemaVersion) {
		if err := migrateAlone(ctx, conn, path, o); err != nil {
			return fmt.Errorf("bring the prediction log %s up to this release: %w", path, err)
		}
		err = recognise(ctx, conn, path)
	}
	if o.create && errors.Is(err, file.ErrEmpty) {
		if err = conn.Exec(schema); err != nil {
			// Another process may have made the log at the same moment.
			if !conn.AutoCommit() {
				err = errors.Join(err, conn.Exec("ROLLBACK"))
			}
			if recognise(ctx, conn, path) == nil {
				err = nil
			}
		}
	}
	if err != nil {
		return err
	}
	journal, err := conn.First(ctx, "PRAGMA journal_mode = WAL")
	if err != nil {
		return err
	}
	if len(journal) != 1 || journal[0] != "wal" {
		return fmt.Errorf("prediction log %s: its journal mode stays %v where a write-ahead log is needed; check its file system", path, journal)
	}
	if err := conn.Exec(setUp); err != nil {
		return err
	}
	return conn.PersistWAL()
}

// migrateAlone migrates the log while no predictor writes it. A predictor of an earlier release
// would continue with its own rules.
func migrateAlone(ctx context.Context, conn *file.Connection, path string, o opening) error {
	if !o.locked {
		lock, err := file.TakeLock(path)
		if err != nil {
			return err
		}
		defer func() { _ = lock.Close() }() // nothing was written to it
	}
	if o.watch.Step == nil {
		o.watch.Step = func(string) {}
	}
	return migrate(ctx, conn, o.watch)
}
