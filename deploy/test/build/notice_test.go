package build_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNoticeNamesEveryLinkedModule keeps the licences honest: nearly all of them
// ask that the binary be accompanied by their notice.
func TestNoticeNamesEveryLinkedModule(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")
	cmd.Dir = "../../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	if len(modules) == 0 {
		t.Fatal("go list names no module")
	}
	data, err := os.ReadFile("../../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	notice := strings.Fields(string(data))
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		if !slices.Contains(notice, module) {
			t.Errorf("NOTICE does not name %s: add it with its licence and copyright", module)
		}
	}
}
