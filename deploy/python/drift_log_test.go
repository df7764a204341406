// Package python tests drift_log.py with a real Python.
package python

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// python returns a command that runs a script of testdata, if Python has the modules.
func python(ctx context.Context, t *testing.T, modules string, args ...string) *exec.Cmd {
	t.Helper()
	if modules != "" {
		if out, err := exec.CommandContext(ctx, "python3", "-c", "import "+modules).CombinedOutput(); err != nil {
			t.Skipf("no Python with %s: pip install numpy pandas scikit-learn xgboost-cpu lightgbm (%v %s)", modules, err, out)
		}
	}
	args[0] = filepath.Join("testdata", args[0])
	return exec.CommandContext(ctx, "python3", args...)
}

func run(t *testing.T, modules string, args ...string) {
	t.Helper()
	if out, err := python(t.Context(), t, modules, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func newLog(t *testing.T, path string) string {
	t.Helper()
	if err := care.Init(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// sound checks the log, and its number of rows.
func sound(t *testing.T, path string, predictions, feedback int64) {
	t.Helper()
	report, err := care.Check(t.Context(), path)
	if err != nil || report.Err() != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	if predictions >= 0 && (report.Predictions != predictions || report.Feedback != feedback) {
		t.Errorf("%d predictions and %d outcomes, want %d and %d", report.Predictions, report.Feedback, predictions, feedback)
	}
}

func TestModelsAreLoggedAsTheyAnswer(t *testing.T) {
	t.Parallel()
	path := newLog(t, filepath.Join(t.TempDir(), "predictions.db"))
	run(t, "lightgbm, pandas, sklearn, xgboost", "models.py", path)
	sound(t, path, 4*100+4*300+22, 3)
}

func TestBadInputIsRefusedInWords(t *testing.T) {
	t.Parallel()
	path := newLog(t, filepath.Join(t.TempDir(), "predictions.db"))
	run(t, "pandas", "bad_input.py", path)
	sound(t, path, 2, 0)
}

func TestWhatIsNoLogIsRefusedInWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newLog(t, filepath.Join(dir, "fresh.db"))
	run(t, "", "logs.py", dir, newLog(t, filepath.Join(dir, "predictions.db")))
}

// Three processes, each with threads and forked children, write one log.
func TestProcessesThreadsAndForksWriteAtOnce(t *testing.T) {
	t.Parallel()
	path := newLog(t, filepath.Join(t.TempDir(), "predictions.db"))
	const processes, each = 3, 20
	var wg sync.WaitGroup
	for k := range processes {
		wg.Go(func() {
			out, err := python(t.Context(), t, "", "writer.py", path, fmt.Sprint("p", k), strconv.Itoa(each)).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	// Two threads in each of three processes; one call in five logs three rows, one in ten an outcome.
	const writers = processes * 3 * 2
	sound(t, path, writers*(each+2*each/5), writers*each/10)
}

// Whatever id a writer has printed is in the log after kill -9.
func TestKilledWritersLoseNothing(t *testing.T) {
	t.Parallel()
	path := newLog(t, filepath.Join(t.TempDir(), "predictions.db"))
	var acknowledged []int64
	for round := range 3 {
		command := python(t.Context(), t, "", "writer.py", path, fmt.Sprint("round", round), "0")
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with its children
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			id, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if acknowledged = append(acknowledged, id); n == 60 {
				if err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); err != nil {
					t.Error(err)
				}
			}
		}
		_ = command.Wait() // it was killed
	}
	sound(t, path, -1, -1)
	reader := sqlite.NewReader(path)
	defer func() { _ = reader.Close() }() // it was only read
	found := map[int64]bool{}
	err := reader.PredictionsByID(t.Context(), acknowledged, func(row *predictionlog.Row) error {
		found[row.ID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range acknowledged {
		if !found[id] {
			t.Errorf("prediction %d was acknowledged and is lost", id)
		}
	}
	if len(acknowledged) < 3*60 {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
}
