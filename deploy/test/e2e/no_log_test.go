package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A command that needs a log and does not find one says so and nothing else, and makes no file.
func TestALogThatIsNoneIsAnErrorAndNothingElse(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"empty.db": "", "text.db": strings.Repeat("no database ", 100), "outcomes.csv": "prediction_id,outcome\n0,1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	before := namesIn(t, dir)
	for log, want := range map[string]string{
		"missing.db": "does not exist", "nowhere/missing.db": "does not exist",
		"folder": "it is a directory", "empty.db": "is empty", "text.db": "not an SQLite database",
	} {
		for _, command := range [][]string{
			{"log", "check"},
			{"log", "migrate"},
			{"log", "prune"},
			{"log", "forget", "--destination=bigquery:project-one.d"},
			{"log", "erase", "--request-id=x"},
			{"replay"},
			{"report"},
			{"outcomes", "import", "--source=bank", "outcomes.csv"},
			{"outcomes", "rejected"},
			{"outcomes", "sources"},
			{"outcomes", "audit"},
			{"outcomes", "pending"},
		} {
			cmd := exec.CommandContext(t.Context(), path, append(command, "--predictions.log="+log)...)
			cmd.Dir = dir
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != 1 || stdout.Len() > 0 || !strings.Contains(stderr.String(), want) {
				t.Errorf("%v of %s: exit status %d, printed %q and %q, want 1, nothing and %q", command, log, got, &stdout, &stderr, want)
			}
		}
	}
	if after := namesIn(t, dir); after != before {
		t.Errorf("the directory has %s, want %s", after, before)
	}
}

// namesIn returns the names in a directory.
func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}
