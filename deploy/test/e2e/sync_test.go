package e2e_test

import (
	"bufio"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheBinarySyncsDataOnly counts the synchronizing calls of the binary as it is
// built: at least one for each commit, and all of them fdatasync, which does not wait
// for the journal of the file system. SQLite uses fsync unless the build sets
// HAVE_FDATASYNC, as the Makefile does.
func TestTheBinarySyncsDataOnly(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, so syncs cannot be counted: apt-get install strace")
	}
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+filepath.Join(t.TempDir(), "predictions.db"))
	tracer := exec.CommandContext(t.Context(), strace, "-f", "-e", "trace=fsync,fdatasync", "-p", strconv.Itoa(predictor.cmd.Process.Pid)) // #nosec G204 -- our own arguments
	stderr, err := tracer.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	if !lines.Scan() || !strings.Contains(lines.Text(), "attached") {
		t.Skipf("strace may not trace here: %s", lines.Text())
	}
	counts := map[string]int{}
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines.Scan() {
			for _, call := range []string{"fsync", "fdatasync"} {
				if strings.Contains(lines.Text(), " "+call+"(") {
					counts[call]++
				}
			}
		}
	})
	const commits = 40
	for range commits {
		if got := post(t, predictor.url+"/predict", loan()); got.code != http.StatusOK {
			t.Fatalf("%d %s", got.code, got.body)
		}
	}
	_ = tracer.Process.Signal(unix.SIGINT) // it lets the predictor go on
	reading.Wait()
	_ = tracer.Wait() // its status is that of the signal
	if counts["fdatasync"] < commits || counts["fsync"] > 0 {
		t.Errorf("%d fdatasync and %d fsync for %d commits", counts["fdatasync"], counts["fsync"], commits)
	}
}
