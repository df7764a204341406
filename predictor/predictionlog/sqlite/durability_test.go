package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// syncs runs childAppend under strace and returns how often it synced a file.
func syncs(t *testing.T, strace string, commits int, environment ...string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	c := childUnder(t.Context(), "append", filepath.Join(dir, logName), commits, strace, "-f", "-e", "trace=fsync,fdatasync", "-o", trace, self)
	c.Env = append(c.Env, environment...)
	if out, err := c.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		// An interrupted call has two lines. The second one says "resumed".
		if strings.Contains(line, "sync(") {
			n++
		}
	}
	return n
}

func TestEveryCommitIsSyncedToDisk(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, so syncs cannot be counted: apt-get install strace")
	}
	const commits = 60
	none := syncs(t, strace, 0)
	full := syncs(t, strace, commits) - none
	if full < commits {
		t.Errorf("%d syncs for %d commits: an acknowledged row could be lost with the power", full, commits)
	}
	// The same count with NORMAL shows that the test can distinguish the two.
	normal := syncs(t, strace, commits, "PREDICTIONLOG_TEST_SYNCHRONOUS=NORMAL") - none
	if normal >= commits/2 {
		t.Errorf("%d syncs for %d commits under synchronous=NORMAL: this test proves nothing", normal, commits)
	}
	t.Logf("syncs for %d commits: FULL %d, NORMAL %d; to open and close: %d", commits, full, normal, none)
}

func TestNothingAcknowledgedIsLostWhenTheWriterIsKilled(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	predictions := map[string]int64{} // by request id
	feedback := map[int64]int64{}     // by seq
	for trial := range 3 {
		ctx, kill := context.WithCancel(t.Context())
		c := child(ctx, "load", path, 0)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var request string
			var a, b int64
			line := lines.Text()
			switch {
			case scan(line, "p %s %d", &request, &a):
				predictions[request] = a
			case scan(line, "f %d %d", &a, &b):
				feedback[b] = a
			case strings.HasPrefix(line, "error"):
				t.Error(line)
			}
			if n == 1500+trial*700 {
				kill() // SIGKILL; what was acknowledged before is still in the pipe
			}
		}
		kill()
		if err := c.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	// The next writer recovers the log and continues.
	w := newWriter(t, path, WriterOptions{})
	highest := add(t, w, 0, 1)[0].ID
	r := newReader(t, path)
	have := map[int64]bool{}
	for _, row := range rowsOf(t, r) {
		if have[row.ID] || row.ID > highest {
			t.Errorf("id %d appears twice, or after the newest", row.ID)
		}
		have[row.ID] = true
	}
	byID := map[int64]string{}
	for request, id := range predictions {
		if other := byID[id]; other != "" {
			t.Errorf("id %d was given to %s and %s", id, request, other)
		}
		byID[id] = request
		if !have[id] {
			t.Errorf("prediction %d was acknowledged and is lost", id)
		}
	}
	err := r.Feedback(t.Context(), -1, 1<<40, func(row *predictionlog.FeedbackRow) error {
		if id, acknowledged := feedback[row.Seq]; acknowledged && id != row.PredictionID {
			t.Errorf("feedback %d is for %d, acknowledged for %d", row.Seq, row.PredictionID, id)
		}
		delete(feedback, row.Seq)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(feedback) > 0 {
		t.Errorf("%d acknowledged feedback rows are lost", len(feedback))
	}
	sound(t, path, 0)
	t.Logf("%d acknowledged predictions over 3 kills", len(predictions))
}

// scan reads a whole line by a format.
func scan(line, format string, into ...any) bool {
	n, err := fmt.Sscanf(line, format, into...)
	return err == nil && n == len(into)
}
