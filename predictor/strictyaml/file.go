package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxSize is the maximum size of a configuration file, in bytes.
const MaxSize = 1 << 20

// ReadFile returns the content of a configuration file. A file that does not exist or is larger
// than [MaxSize] is an error; remedy says what to do if it does not exist.
func ReadFile(path, remedy string) ([]byte, error) {
	f, err := os.Open(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("configuration file %s does not exist; %s", path, remedy)
	}
	if err != nil {
		return nil, fmt.Errorf("open configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // Read only: nothing is lost when closing fails.
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("configuration file %s is larger than %d bytes; is it the right file?", path, MaxSize)
	}
	return data, nil
}
