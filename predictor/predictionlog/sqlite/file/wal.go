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

// WALSize returns the bytes of the write-ahead log of the log at path, 0 if there is none.
func WALSize(path string) int64 {
	var info unix.Stat_t
	if unix.Stat(path+"-wal", &info) != nil {
		return 0
	}
	return info.Size
}

// roomy is how many bytes a disk must have free for the write-ahead log to grow in advance.
const roomy = 64 << 20

// GrowWAL writes zeros behind the end of the write-ahead log of the log at path, up to size, and
// syncs them. SQLite takes them for the end of its log, because they have no checksum. Only the
// holder of the write lock may do this: another writer could have appended in between. It does
// nothing if the file is not the known one, or if its disk has less than 64 MiB free.
func GrowWAL(path string, known Identity, size int64) (err error) {
	f, err := os.OpenFile(path+"-wal", os.O_WRONLY, 0) //nolint:gosec // the operator names the log
	if err != nil {
		return fmt.Errorf("grow the write-ahead log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var info unix.Stat_t
	var disk unix.Statfs_t
	if err := errors.Join(unix.Fstat(int(f.Fd()), &info), unix.Fstatfs(int(f.Fd()), &disk)); err != nil {
		return fmt.Errorf("grow the write-ahead log: %w", err)
	}
	if (Identity{device: uint64(info.Dev), inode: info.Ino}) != known || info.Size >= size || disk.Bavail < roomy/uint64(disk.Bsize) { //nolint:gosec,unconvert,nolintlint // positive; types differ by platform
		return nil
	}
	if _, err := f.WriteAt(make([]byte, size-info.Size), info.Size); err != nil {
		return fmt.Errorf("grow the write-ahead log: %w", err)
	}
	return unix.Fdatasync(int(f.Fd()))
}

// ErrReaders says that others use the log.
var ErrReaders = errors.New("other processes are reading or writing the log")
