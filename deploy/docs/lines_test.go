package docs_test

import (
	"strings"
	"testing"
)

// TestLinesOfDocumentsHave120Columns allows longer ones in tables, which Markdown
// cannot break, and around a long link. CALIBRATION.md is written by a program, and
// CHANGELOG.md has one line for each change.
func TestLinesOfDocumentsHave120Columns(t *testing.T) {
	t.Parallel()
	for _, path := range documents(t) {
		if !strings.HasSuffix(path, ".md") || path == "CHANGELOG.md" || strings.HasSuffix(path, "CALIBRATION.md") {
			continue
		}
		for i, line := range strings.Split(read(t, path), "\n") {
			if n := len([]rune(line)); n > 120 && !strings.HasPrefix(line, "|") && !strings.Contains(line, "https://") {
				t.Errorf("%s:%d has %d columns", path, i+1, n)
			}
		}
	}
}
