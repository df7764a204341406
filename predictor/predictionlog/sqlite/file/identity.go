package file

import (
	"fmt"
	"os"
	"syscall"
)

// Identity distinguishes one file from another with its name. It comes from the
// file's metadata: opening the file in addition to SQLite would, on closing it, drop
// every lock that this process holds on it.
type Identity struct{ device, inode uint64 }

// identify returns the identity and the size in bytes of the file at path.
func Identify(path string) (Identity, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Identity{}, 0, err
	}
	if info.IsDir() {
		return Identity{}, 0, fmt.Errorf("prediction log %s %w: it is a directory; name a file in it with --predictions.log", path, ErrNotLog)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Identity{}, 0, fmt.Errorf("prediction log %s: its file system does not report device and inode", path)
	}
	return Identity{device: uint64(stat.Dev), inode: stat.Ino}, info.Size(), nil
}

// sizeOnDisk returns the bytes of the log and of its write-ahead log.
func SizeOnDisk(path string) (int64, error) {
	_, size, err := Identify(path)
	if err != nil {
		return 0, err
	}
	if info, err := os.Stat(path + "-wal"); err == nil {
		size += info.Size()
	}
	return size, nil
}
