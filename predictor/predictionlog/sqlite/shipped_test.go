package sqlite

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

func newShipping(t *testing.T, path, destination string) *Shipping {
	t.Helper()
	s, err := OpenShipping(t.Context(), path, destination, predictionlog.Tables)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func arrived(t *testing.T, s *Shipping, table predictionlog.Table, upTo int64) {
	t.Helper()
	if err := s.Arrived(table, upTo); err != nil {
		t.Fatal(err)
	}
}

func TestProgressOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 10)
	s := newShipping(t, path, "there")
	p, err := s.Progress(t.Context(), predictionlog.TablePredictions)
	if err != nil || p != (Progress{UpTo: -1, AttemptUpTo: -1}) {
		t.Fatalf("at first %+v, %v", p, err)
	}
	arrived(t, s, predictionlog.TablePredictions, 3)
	if err := s.Attempt(predictionlog.TablePredictions, 7, "batch 2"); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, predictionlog.TablePredictions, 2) // never back
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = newShipping(t, path, "there")
	if p, err := s.Progress(t.Context(), predictionlog.TablePredictions); err != nil || p != (Progress{UpTo: 3, AttemptUpTo: 7, Attempt: "batch 2"}) {
		t.Errorf("later %+v, %v", p, err)
	}
	if p, err := s.Progress(t.Context(), predictionlog.TableFeedback); err != nil || p.UpTo != -1 {
		t.Errorf("of another table %+v, %v", p, err)
	}
}

func TestOneProcessShipsALogToADestination(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 1)
	newShipping(t, path, "there")
	if _, err := OpenShipping(t.Context(), path, "there", predictionlog.Tables); !errors.Is(err, file.ErrHeld) || !strings.Contains(err.Error(), "another process ships it to there") {
		t.Errorf("a second one: %v", err)
	}
	newShipping(t, path, "elsewhere") // another destination may
	newWriter(t, path, WriterOptions{})
}

func TestShippingSaysThatTheLogWasReplaced(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 1)
	s := newShipping(t, path, "there")
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := s.Arrived(predictionlog.TablePredictions, 1); !errors.Is(err, file.ErrReplaced) {
		t.Errorf("error %v", err)
	}
}

func TestForgetNamesTheDestinations(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 1)
	if err := Care.Forget(t.Context(), path, "there"); err == nil || !strings.Contains(err.Error(), "not shipped anywhere") {
		t.Errorf("error %v", err)
	}
	s := newShipping(t, path, "there")
	newShipping(t, path, "elsewhere")
	if err := Care.Forget(t.Context(), path, "nowhere"); err == nil || !strings.Contains(err.Error(), "elsewhere and there") {
		t.Errorf("error %v", err)
	}
	if err := Care.Forget(t.Context(), path, "there"); err != nil {
		t.Error(err)
	}
	if err := s.Arrived(predictionlog.TablePredictions, 1); err == nil || !strings.Contains(err.Error(), "no longer knows") {
		t.Errorf("error %v", err)
	}
}

func TestRetentionWaitsForEveryDestination(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	var said buffer
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Hour, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	r := newReader(t, path)
	addBatch(t, w, 0, 500)
	for i := range int64(100) {
		if _, err := w.AppendFeedback(context.Background(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	eventually(t, "the errors are written", func() bool { return stateOf(t, r).HighWater.Errors == 20 })
	near, far := newShipping(t, path, "near"), newShipping(t, path, "far")
	arrived(t, near, predictionlog.TablePredictions, 400)
	arrived(t, far, predictionlog.TablePredictions, 99)
	arrived(t, near, predictionlog.TableFeedback, 100)
	arrived(t, far, predictionlog.TableFeedback, 40)
	arrived(t, near, predictionlog.TableErrors, 20)
	arrived(t, far, predictionlog.TableErrors, 5)
	clk.advance(2 * time.Hour)
	c := foreign(t, path)
	left := func() [3]int64 {
		return [3]int64{number(t, c, "SELECT count(*) FROM predictions"), number(t, c, "SELECT count(*) FROM feedback"), number(t, c, "SELECT count(*) FROM errors")}
	}
	eventually(t, "what is everywhere goes", func() bool { return left() == [3]int64{400, 60, 15} })
	eventually(t, "it says why the rest stays", func() bool { return strings.Contains(said.String(), "have not been shipped") })
	deleted, held, report, err := Care.Prune(t.Context(), path, time.Minute)
	if err != nil || deleted != 0 || held != 400 || !strings.Contains(report, "log forget --destination=far") {
		t.Errorf("pruned %d, held %d, %q, %v", deleted, held, report, err)
	}
	if err := Care.Forget(t.Context(), path, "far"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what the other one has goes", func() bool { return left() == [3]int64{99, 0, 0} })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Count(said.String(), "\n") != 1 {
		t.Errorf("said %s", said.String())
	}
}

func TestRetentionBySizeTakesWhatIsNotShippedAndSaysSo(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var said buffer
	var lost atomic.Int64
	w := newWriter(t, path, WriterOptions{RetentionSize: 1 << 20, Logger: slog.New(slog.NewTextHandler(&said, nil)),
		OnUnshipped: func(rows int64) { lost.Add(rows) }})
	r := newReader(t, path)
	addBatch(t, w, 0, 1000)
	arrived(t, newShipping(t, path, "there"), predictionlog.TablePredictions, 99)
	for i := 1000; i < 8000; i += 500 {
		addBatch(t, w, i, 500)
	}
	var rows []predictionlog.Row
	eventually(t, "the size holds", func() bool { rows = rowsOf(t, r); return len(rows) < 3500 })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows = rowsOf(t, r)
	if want := rows[0].ID - 100; lost.Load() != want {
		t.Errorf("%d rows are said to be lost, want %d", lost.Load(), want)
	}
	if !strings.Contains(said.String(), "level=ERROR") || !strings.Contains(said.String(), "will be missing there") {
		t.Errorf("said %s", said.String())
	}
}

func TestWholePredictionsHaveTheirRequestID(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 2500)
	must(t, foreign(t, path), "INSERT INTO predictions (model, features, class) VALUES ('m', '{}', 1)")
	want := rowsOf(t, newReader(t, path))
	r := newReader(t, path)
	i := 0
	err := r.WholePredictions(t.Context(), -1, math.MaxInt64, func(row *predictionlog.WholeRow) error {
		id := prediction(i).RequestID
		if i == 2500 {
			id = ""
		}
		if w := want[i]; row.ID != w.ID || row.Class != w.Class || row.Score != w.Score || row.Latency != w.Latency || row.Model != w.Model ||
			!bytes.Equal(row.Features, w.Features) || row.RequestID != id {
			t.Fatalf("row %+v, want %+v with %q", row, w, id)
		}
		i++
		return nil
	})
	if err != nil || i != 2501 {
		t.Errorf("%d rows, %v", i, err)
	}
	behind, err := r.Behind(t.Context(), map[predictionlog.Table]int64{predictionlog.TablePredictions: 2498, predictionlog.TableFeedback: -1, predictionlog.TableOutcomes: -1})
	if err != nil || len(behind) != 1 || behind[predictionlog.TablePredictions] != want[2499].Time {
		t.Errorf("behind %v, %v", behind, err)
	}
}

func TestForgettingADestinationForgetsItsCounts(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	add(t, w, 0, 3)
	for _, destination := range []string{"there", "there/ticks", "there/tick_outcomes", "there2"} {
		s, err := OpenShipping(t.Context(), path, destination, predictionlog.Tables)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	}
	if err := Care.Forget(t.Context(), path, "there"); err != nil {
		t.Fatal(err)
	}
	if err := Care.Forget(t.Context(), path, "there"); err == nil || !strings.Contains(err.Error(), "but to there2") {
		t.Errorf("left: %v", err)
	}
}
