package rows

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file whole or not at all, and readable by everybody. A reader sees either
// the old file or the new one.
func WriteFile(path string, encode func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails once it has its name
	if err := errors.Join(encode(f), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
