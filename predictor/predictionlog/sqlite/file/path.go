package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Mode is that of the log; SQLite gives it to the files next to it. The group
// reads, so that an exporter can run as another user.
const Mode = 0o640

// Resolve returns the absolute path of a log without symbolic links: the files
// next to a log have their names from there.
func Resolve(path string) (string, error) {
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

// ResolveExisting is Resolve for a log that must exist. A missing directory is a missing log.
func ResolveExisting(path string) (string, error) {
	resolved, err := Resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", Explain(path, err)
	}
	return resolved, err
}

// Touch makes an empty file with the log's mode if there is none.
func Touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, Mode) //nolint:gosec // the operator names the log
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the prediction log: %w", err)
	}
	// The umask may have taken the group's right away.
	return errors.Join(f.Chmod(Mode), f.Close())
}
