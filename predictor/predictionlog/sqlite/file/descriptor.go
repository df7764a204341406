package file

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// descriptor reads a file through a descriptor that somebody else has open.
type descriptor int

func (d descriptor) ReadAt(p []byte, offset int64) (int, error) {
	n, err := unix.Pread(int(d), p, offset)
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// Descriptor returns the descriptor through which SQLite has the log open. Opening the
// file once more would not do: closing that descriptor would drop the locks of
// every connection that this process has to the log.
func (c *Connection) Descriptor() (io.ReaderAt, error) {
	want, _, err := Identify(c.path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, fmt.Errorf("search the prediction log: %w", err)
	}
	for _, entry := range entries {
		number, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if unix.Fstat(number, &stat) == nil && (Identity{device: uint64(stat.Dev), inode: stat.Ino}) == want {
			return descriptor(number), nil
		}
	}
	return nil, fmt.Errorf("search the prediction log: %s is not open any more: it %w", c.path, ErrReplaced)
}
