package care

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/google/uuid"
)

// secret returns a prediction whose bytes are easy to find.
func secret(i int) predictionlog.Prediction {
	p := prediction(i)
	p.RequestID = uuid.NewString()
	p.Features = fmt.Appendf(nil, `{"name":"person-%s","income":%d}`, p.RequestID, i)
	return p
}

// grep returns the files of a log that contain a text.
func grep(t *testing.T, path, text string) (found []string) {
	t.Helper()
	for _, name := range []string{path, path + "-wal", path + "-shm", path + "-journal", path + ".lock"} {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			found = append(found, name)
		}
	}
	return found
}

func TestEraseLeavesNoByteInAnyFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Request ids are random, so that pages of the index split and leave copies.
	var persons []predictionlog.Prediction
	for range 50 {
		batch := make([]predictionlog.Prediction, 100)
		for i := range batch {
			batch[i] = secret(i)
		}
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		persons = append(persons, batch[10], batch[90])
	}
	for _, p := range persons {
		_, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{RequestID: p.RequestID, Outcome: "1", Source: "source of " + p.RequestID})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range persons {
		if len(grep(t, path, p.RequestID)) == 0 {
			t.Fatal("the request id is not to be found before it is erased")
		}
		if e, err := Erase(t.Context(), path, p.RequestID); err != nil || e.Rows != 2 {
			t.Fatalf("erased %d rows, %v", e.Rows, err)
		}
		if found := grep(t, path, p.RequestID); len(found) > 0 {
			t.Errorf("%s is still in %v", p.RequestID, found)
		}
	}
	if _, err := Erase(t.Context(), path, persons[0].RequestID); !errors.Is(err, predictionlog.ErrNotFound) {
		t.Errorf("erased again: %v", err)
	}
	if report, err := Check(t.Context(), path); err != nil || report.Err() != nil {
		t.Errorf("check: %v %v", err, report.Problems)
	}
}

func TestEraseFindsWhatOtherServicesLeftInTheFile(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 0)
	c, err := file.Dial(path, "rw", url.Values{"_secure_delete": {"0"}})
	if err != nil {
		t.Fatal(err)
	}
	var persons []predictionlog.Prediction
	for i := range 10_000 {
		p := secret(i)
		persons = append(persons, p)
		if i%100 == 0 {
			must(t, c, "BEGIN IMMEDIATE")
		}
		must(t, c, "INSERT INTO predictions (model, features, class, request_id) VALUES ('m', ?, '1', ?)", string(p.Features), p.RequestID)
		if i%100 == 99 {
			must(t, c, "COMMIT")
		}
	}
	// Some traces of these are also left.
	must(t, c, "DELETE FROM predictions WHERE id <= 100")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(grep(t, path, persons[50].RequestID)) == 0 {
		t.Fatal("nothing is left of a row that was deleted carelessly: this test proves nothing")
	}
	if _, err := Erase(t.Context(), path, persons[50].RequestID); !errors.Is(err, predictionlog.ErrNotFound) {
		t.Errorf("erase what was deleted: %v", err)
	}
	for i := 50; i < len(persons); i += 250 {
		if i > 100 {
			if e, err := Erase(t.Context(), path, persons[i].RequestID); err != nil || e.Rows != 1 {
				t.Fatalf("erased %d rows, %v", e.Rows, err)
			}
		}
		if found := grep(t, path, persons[i].RequestID); len(found) > 0 {
			t.Errorf("%s is still in %v", persons[i].RequestID, found)
		}
	}
	if report, err := Check(t.Context(), path); err != nil || report.Err() != nil {
		t.Errorf("check: %v %v", err, report.Problems)
	}
}

func TestContainsFindsATextAcrossBlocks(t *testing.T) {
	t.Parallel()
	text := []byte("needle")
	for _, at := range []int{0, 1, 1<<20 - 3, 1<<20 + 3, 2<<20 - 1, 3<<20 - 6} {
		hay := bytes.Repeat([]byte("."), 3<<20)
		if found, err := contains(bytes.NewReader(hay), text); found || err != nil {
			t.Fatalf("found in %v, %v", found, err)
		}
		copy(hay[at:], text)
		if found, err := contains(bytes.NewReader(hay), text); !found || err != nil {
			t.Errorf("at %d: %v, %v", at, found, err)
		}
	}
}

func TestEraseAndPruneBesideARunningPredictor(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(time.Now().Add(-48*time.Hour))
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{Now: clk.now})
	if err != nil {
		t.Fatal(err)
	}
	persons := make([]predictionlog.Prediction, 20)
	for i := range persons {
		persons[i] = secret(i)
	}
	if _, err := w.Append(t.Context(), persons); err != nil {
		t.Fatal(err)
	}
	addBatch(t, w, 0, 3000)
	clk.set(time.Now())
	done := make(chan struct{})
	var wg sync.WaitGroup
	written := make([]int, 4)
	for k := range written {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := w.Append(t.Context(), []predictionlog.Prediction{secret(k)}); err != nil {
					t.Errorf("during pruning: %v", err)
					return
				}
				written[k]++
			}
		})
	}
	for _, p := range persons[:5] {
		if e, err := Erase(t.Context(), path, p.RequestID); err != nil || e.Rows != 1 {
			t.Errorf("erased %d, %v", e.Rows, err)
		}
	}
	if n, err := Prune(t.Context(), path, 24*time.Hour); err != nil || n.Deleted != 3015 {
		t.Errorf("pruned %+v, %v", n, err)
	}
	close(done)
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range persons[:5] {
		if found := grep(t, path, p.RequestID); len(found) > 0 {
			t.Errorf("%s is still in %v", p.RequestID, found)
		}
	}
	sum := 3020
	for _, n := range written {
		sum += n
	}
	r := newReader(t, path)
	if s := stateOf(t, r); s.HighWater.Predictions != int64(sum)-1 {
		t.Errorf("newest id %d, %d rows written", s.HighWater.Predictions, sum)
	}
	if got := len(rowsOf(t, r)); got != sum-3020 {
		t.Errorf("%d rows are left, want %d", got, sum-3020)
	}
	if report, err := Check(t.Context(), path); err != nil || report.Err() != nil {
		t.Errorf("check: %v %v", err, report.Problems)
	}
}

func TestPruneWantsAnAge(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 3)
	for _, age := range []time.Duration{0, -time.Hour} {
		if n, err := Prune(t.Context(), path, age); err == nil || n.Deleted != 0 {
			t.Errorf("age %s: %+v, %v", age, n, err)
		}
	}
}

func TestCareOfALogThatIsNotThere(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	_, prune := Prune(t.Context(), path, time.Hour)
	_, erase := Erase(t.Context(), path, "x")
	_, check := Check(t.Context(), path)
	for name, err := range map[string]error{"prune": prune, "erase": erase, "check": check} {
		if !errors.Is(err, file.ErrMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
	if err := Init(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if report, err := Check(t.Context(), path); err != nil || report.Err() != nil || report.Predictions != 0 {
		t.Errorf("check: %v %v", err, report)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, spoil, want string }{
		{"invalid JSON", "INSERT INTO predictions (model, features, class) VALUES ('m', '{', '1')", "not a JSON object"},
		{"disorder", "DROP TRIGGER predictions_update; UPDATE predictions SET time = time - 1000000 WHERE id = 10", "dated before"},
		{"a trigger is gone", "DROP TRIGGER predictions_insert", "trigger predictions_insert is missing"},
		{"a trigger is another", "DROP TRIGGER totals_keep; CREATE TRIGGER totals_keep AFTER INSERT ON errors BEGIN SELECT 1; END", "trigger totals_keep differs"},
		{"sums too small", "UPDATE totals_up_to SET up_to_id = 10 WHERE log = 'predictions'; UPDATE totals_predictions SET predictions = 0", "more predictions of a class"},
		{"sums lost", "UPDATE totals_up_to SET up_to_id = 5 WHERE log = 'feedback'; DELETE FROM totals_feedback", "more feedback of an outcome"},
		{"sums too far", "UPDATE totals_up_to SET up_to_id = 1000 WHERE log = 'feedback'", "beyond the newest row"},
		{"feedback of another class", "DROP TRIGGER feedback_update; UPDATE feedback SET class = 'x' WHERE seq = 3", "another class"},
		{"feedback of nothing", "INSERT INTO feedback (prediction_id, outcome, class, model) VALUES (500, '1', '1', 'm')", "belong to no prediction"},
		{"feedback that stayed", "DELETE FROM predictions WHERE id = 4", "outlived"},
		{"an index is damaged", "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'feedback_prediction_id') WHERE name = 'predictions_request_id'", "integrity"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			w := newWriter(t, path, sqlite.WriterOptions{})
			addBatch(t, w, 0, 20)
			for i := range int64(10) {
				if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
					t.Fatal(err)
				}
			}
			if report, err := Check(t.Context(), path); err != nil || report.Err() != nil {
				t.Fatalf("before: %v %v", err, report.Problems)
			}
			c := foreign(t, path)
			if err := c.Exec(test.spoil); err != nil {
				t.Fatal(err)
			}
			report, err := Check(t.Context(), path)
			if err != nil || report.Err() == nil || !strings.Contains(report.String(), "PROBLEM") || !strings.Contains(report.String(), test.want) {
				t.Errorf("%v\n%s", err, report)
			}
		})
	}
}

func TestReportReadsWell(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, sqlite.WriterOptions{Now: clk.now})
	add(t, w, 0, 3)
	report, err := Check(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`log          %s
log id       %s
predictions  3 rows, newest id 2, in the sums up to -1
feedback     0 rows, newest seq -1, in the sums up to -1
errors       0 rows, newest seq -1, in the sums up to -1
from         2026-03-01T12:00:00Z
to           2026-03-01T12:00:00Z
sound        yes
`, path, report.LogID)
	if report.String() != want {
		t.Errorf("report\n%s\nwant\n%s", report, want)
	}
}
