package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// mode is that of the log; SQLite gives it to the files beside it. The group
// reads, so that an exporter can run as another user.
const mode = 0o640

// persistWAL is SQLITE_FCNTL_PERSIST_WAL: closing the log leaves its -wal and
// -shm files, which a reader needs where it may not make them.
const persistWAL = 10

// patience is how long, in milliseconds, a write waits for a lock that another
// process holds.
const patience = "5000"

// setUp is what every writing connection runs. SQLite's driver makes NORMAL the
// default, with which a commit that was acknowledged is not yet on the disk.
// Zeroing what is deleted, where a page is written anyway, costs nothing that
// could be measured and leaves less for Erase to do. The write-ahead log goes into the
// log every 4000 pages, 16 MB: at SQLite's own 1000 that alone was the p99 of a commit.
const setUp = "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 33554432; PRAGMA wal_autocheckpoint = 4000"

// resolve returns the absolute path of a log without symbolic links: the files
// beside a log have their names from there.
func resolve(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		return real, nil
	}
	directory, err := filepath.EvalSymlinks(filepath.Dir(absolute))
	if err != nil {
		return "", fmt.Errorf("open the prediction log: %w; make its directory first", err)
	}
	return filepath.Join(directory, filepath.Base(absolute)), nil
}

// openToWrite opens the log at a resolved path for writing and, when create is
// set, makes it if it is missing or empty. The file that it opened is the one
// returned, or has taken its place since.
func openToWrite(ctx context.Context, path string, create bool) (*connection, identity, error) {
	if err := refuseNetwork(path); err != nil {
		return nil, identity{}, err
	}
	if create {
		if err := touch(path); err != nil {
			return nil, identity{}, err
		}
	}
	file, _, err := identify(path)
	if err != nil {
		return nil, identity{}, explain(path, err)
	}
	conn, err := dial(path, "rw", url.Values{"_busy_timeout": {patience}})
	if err != nil {
		return nil, identity{}, explain(path, err)
	}
	if err := prepareToWrite(ctx, conn, path, create); err != nil {
		return nil, identity{}, errors.Join(explain(path, err), conn.close())
	}
	return conn, file, nil
}

// touch makes an empty file with the log's mode if there is none.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode) //nolint:gosec // the operator names the log
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the prediction log: %w", err)
	}
	// The umask may have taken the group's right away.
	return errors.Join(f.Chmod(mode), f.Close())
}

// prepareToWrite looks at what was opened before it changes anything.
func prepareToWrite(ctx context.Context, conn *connection, path string, create bool) error {
	err := recognise(ctx, conn, path)
	if errors.Is(err, ErrSchemaVersion) {
		if err := migrate(ctx, conn); err != nil {
			return fmt.Errorf("bring the prediction log %s up to this release: %w", path, err)
		}
		err = recognise(ctx, conn, path)
	}
	if create && errors.Is(err, ErrEmpty) {
		if err = conn.exec(schema); err != nil {
			// Another process may have made the log at the same moment.
			if !conn.raw.AutoCommit() {
				err = errors.Join(err, conn.exec("ROLLBACK"))
			}
			if recognise(ctx, conn, path) == nil {
				err = nil
			}
		}
	}
	if err != nil {
		return err
	}
	journal, err := conn.first(ctx, "PRAGMA journal_mode = WAL")
	if err != nil {
		return err
	}
	if len(journal) != 1 || journal[0] != "wal" {
		return fmt.Errorf("prediction log %s: its journal mode stays %v where a write-ahead log is needed; check its file system", path, journal)
	}
	if err := conn.exec(setUp); err != nil {
		return err
	}
	return conn.raw.SetFileControlInt("main", persistWAL, 1)
}
