package files_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// The test starts its own binary again, because only a separate process can be killed.
const childVariable = "FILES_TEST_CHILD"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childVariable); folder != "" {
		if err := importAll(context.Background(), folder, filepath.Join(folder, "predictions.db")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// importAll reads the CSV files of a folder into a log.
func importAll(ctx context.Context, folder, log string) error {
	c, err := outcomes.Parse([]byte("sources:\n- {name: nightly, files: {path: \"*.csv\"}, confidence: 0.9}\n"), filepath.Join(folder, "outcomes.yml"), []outcomes.Kind{files.Kind})
	if err != nil {
		return err
	}
	return outcomes.Import(ctx, outcomes.ImportOptions{LogPath: log, Source: c.Sources[0], PendingLimit: 1000, Logger: slog.New(slog.DiscardHandler)}, io.Discard)
}

// rowsIn returns all feedback in a log, and the number of outcomes that wait.
func rowsIn(t *testing.T, log string) (feedback []string, pending int) {
	t.Helper()
	r := sqlite.NewReader(log)
	defer func() { _ = r.Close() }()
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = r.Feedback(t.Context(), -1, state.HighWater.Feedback, func(f *predictionlog.FeedbackRow) error {
		feedback = append(feedback, fmt.Sprint(f.Seq, f.PredictionID, f.Outcome, f.Corrects))
		return nil
	})
	if err == nil {
		err = r.PendingOutcomes(t.Context(), "", func(predictionlog.Waiting) error { pending++; return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	return feedback, pending
}

// TestKilledAtAnyMomentNothingIsLostOrCountedTwice kills a process that reads files again and
// again. The log must end up the same as the log of a process that was never killed. A source
// changes its mind, so that a row that is read twice would show.
func TestKilledAtAnyMomentNothingIsLostOrCountedTwice(t *testing.T) {
	t.Parallel()
	killed, whole := newPlace(t, 700), newPlace(t, 700)
	for file := range 3 {
		var text strings.Builder
		fmt.Fprintln(&text, "prediction_id,outcome")
		for i := range 1000 {
			fmt.Fprintf(&text, "%d,%d\n", (i*7+file)%800, (i/100+file)%2)
		}
		killed.write(t, fmt.Sprint(file, ".csv"), text.String())
		whole.write(t, fmt.Sprint(file, ".csv"), text.String())
	}
	if err := importAll(t.Context(), whole.folder, whole.log); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(killed.log, filepath.Join(killed.folder, "predictions.db")); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for {
		child := exec.CommandContext(t.Context(), "/proc/self/exe")
		child.Env = append(os.Environ(), childVariable+"="+killed.folder)
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		end := time.AfterFunc(time.Duration(20+rand.IntN(80))*time.Millisecond, func() { _ = child.Process.Kill() })
		if kills > 200 {
			end.Stop() // a machine on which no run comes to its end in time
		}
		err := child.Wait()
		end.Stop()
		if err == nil {
			break
		}
		if child.ProcessState.Exited() {
			t.Fatal(err)
		}
		kills++
	}
	got, gotPending := rowsIn(t, killed.log)
	want, wantPending := rowsIn(t, whole.log)
	if !reflect.DeepEqual(got, want) || gotPending != wantPending || len(want) < 1000 || wantPending == 0 {
		t.Errorf("after %d kills: %d rows and %d that wait, want %d and %d", kills, len(got), gotPending, len(want), wantPending)
	}
	t.Logf("%d kills", kills)
}
