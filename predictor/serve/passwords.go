package serve

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// HasPasswords reports whether the file of --web.config.file has users. The server reads the file
// at each request, too, and has checked the password of every request that arrives.
func HasPasswords(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	text, err := os.ReadFile(path) // #nosec G304 -- the operator's
	if err != nil {
		return false, fmt.Errorf("read the users: %w", err)
	}
	var c struct {
		Users map[string]string `yaml:"basic_auth_users"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return false, fmt.Errorf("read the users: %w", err)
	}
	return len(c.Users) > 0, nil
}
