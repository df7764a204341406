package file

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// persistWAL is SQLITE_FCNTL_PERSIST_WAL.
const persistWAL = 10

// PersistWAL has the -wal and -shm files stay when the log is closed: a reader
// needs them where it may not make them.
func (c *Connection) PersistWAL() error { return c.raw.SetFileControlInt("main", persistWAL, 1) }

// Patience is how long, in milliseconds, a write waits for a lock that another
// process holds.
const Patience = "5000"

// TruncateWAL moves the write-ahead log into the log and empties it, or fails with
// ErrReaders when others are in the way longer than wait, in milliseconds.
func (c *Connection) TruncateWAL(wait string) error {
	if err := c.Exec("PRAGMA busy_timeout = " + wait); err != nil {
		return err
	}
	row, err := c.First(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	if err == nil {
		f := Fields{Row: row}
		if f.Integer(0) != 0 {
			err = ErrReaders
		}
	}
	return errors.Join(err, c.Exec("PRAGMA busy_timeout = "+Patience))
}

// SyncWAL returns once all commits in the write-ahead log of the log at path are on the disk. What
// has left it before is there already, because SQLite syncs the log before it reuses the other.
func SyncWAL(path string) error {
	f, err := os.Open(path + "-wal") //nolint:gosec // the operator names the log
	if err != nil {
		return fmt.Errorf("sync the write-ahead log: %w", err)
	}
	return errors.Join(unix.Fdatasync(int(f.Fd())), f.Close())
}

// ErrReaders says that others use the log.
var ErrReaders = errors.New("other processes are reading or writing the log")
