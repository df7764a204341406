package file

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// takeLock makes this process the log's only predictor until the returned file
// is closed or the process ends. The lock is on a file of its own next to the
// log, which stays there: closing a second descriptor of the log itself would
// drop SQLite's locks on it.
func TakeLock(path string) (*os.File, error) {
	name := path + ".lock"
	return Lock(name, fmt.Errorf("prediction log %s already has a predictor: one log takes one; stop the other (`fuser %s` names it) or give this one its own --predictions.log", path, name),
		"the predictor needs write access to its directory")
}

// lockFile takes a lock on a file, which it makes. taken is the error when another
// has it, access what is needed to make the file.
func Lock(name string, taken error, access string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, Mode) //nolint:gosec // the operator names the log
	if err != nil {
		return nil, fmt.Errorf("lock the prediction log: %w; %s", err, access)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(taken, f.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock the prediction log: %s: %w", name, err), f.Close())
	}
	return f, nil
}
