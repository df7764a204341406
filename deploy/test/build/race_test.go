package build_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// What .ci/run leaves out of the race detector's run must exist: after a renaming the
// old name would leave out nothing, and the new test would take minutes there.
func TestEveryTestThatTheRaceDetectorSkipsExists(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`local simulations='\^\(([^)]+)\)\$'`).FindSubmatch(script)
	if list == nil {
		t.Fatal(".ci/run has no list of simulations")
	}
	files := exec.CommandContext(t.Context(), "git", "grep", "-hoE", "^func Test[A-Za-z0-9_]+", "--", "*_test.go")
	files.Dir = "../../.."
	out, err := files.Output()
	if err != nil {
		t.Fatal(err)
	}
	tests := strings.ReplaceAll(string(out), "func ", "")
	for name := range strings.SplitSeq(string(list[1]), "|") {
		if !regexp.MustCompile("(?m)^" + name + "$").MatchString(tests) {
			t.Errorf("there is no test %s", name)
		}
	}
}
