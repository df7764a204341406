package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestAppendReturnsWhatTheReaderSees(t *testing.T) {
	t.Parallel()
	path, c := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: c.now})
	first := predictionlog.Prediction{RequestID: "a", Model: "m", Version: "2", Features: []byte(`{"x":1}`), Score: 0.25, Class: "1", Latency: 1500}
	second := predictionlog.Prediction{Model: "other", Features: []byte(`{}`), Score: math.NaN(), Class: "0", Latency: -1}
	records, err := w.Append(t.Context(), []predictionlog.Prediction{first})
	if err != nil {
		t.Fatal(err)
	}
	c.advance(time.Second)
	more, err := w.Append(t.Context(), []predictionlog.Prediction{second})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := records[0], (predictionlog.Record{ID: 0, Time: noon, RequestID: "a", Model: "m", Version: "2", Score: 0.25, Class: "1"}); got != want {
		t.Errorf("record %+v, want %+v", got, want)
	}
	if more[0].ID != 1 || !more[0].Time.Equal(noon.Add(time.Second)) || !math.IsNaN(more[0].Score) {
		t.Errorf("second record %+v", more[0])
	}
	rows := rowsOf(t, newReader(t, path))
	want := []predictionlog.Row{
		{ID: 0, Time: noon.UnixNano(), Model: "m", Version: "2", Features: []byte(`{"x":1}`), Score: 0.25, HasScore: true, Class: "1", Latency: 1500},
		{ID: 1, Time: noon.UnixNano() + 1e9, Model: "other", Features: []byte(`{}`), Class: "0", Latency: -1},
	}
	if fmt.Sprintf("%+v", rows) != fmt.Sprintf("%+v", want) {
		t.Errorf("rows\n%+v, want\n%+v", rows, want)
	}
}

func TestBatchOfAnySizeKeepsItsOrder(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	next := 0
	for _, n := range []int{1, 2, 3, 63, 64, 65, 127, 1000, 1500} {
		for i, r := range addBatch(t, w, next, n) {
			if r.ID != int64(next+i) || r.RequestID != prediction(next+i).RequestID || r.Repeated {
				t.Fatalf("batch of %d: record %d is %+v", n, i, r)
			}
		}
		next += n
	}
	for i, row := range rowsOf(t, newReader(t, path)) {
		if want := prediction(i); row.ID != int64(i) || row.Score != want.Score || row.Class != want.Class || row.Latency != int64(want.Latency) {
			t.Fatalf("row %d is %+v", i, row)
		}
	}
}

func TestConcurrentAppendsAreEachWrittenOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var commits, rows int
	w := newWriter(t, path, WriterOptions{OnCommit: func(n int, _ time.Duration, err error) {
		if err == nil {
			commits++
			rows += n
		}
	}})
	const workers, each = 32, 40
	ids := make([][]int64, workers)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := range each {
				records, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(k*each + i)})
				if err != nil {
					t.Error(err)
					return
				}
				ids[k] = append(ids[k], records[0].ID)
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, some := range ids {
		last := int64(-1)
		for _, id := range some {
			if seen[id] || id <= last {
				t.Fatalf("id %d after %d, seen before: %v", id, last, seen[id])
			}
			seen[id], last = true, id
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if rows != workers*each || commits >= rows {
		t.Errorf("%d rows in %d commits, want %d rows in fewer commits", rows, commits, workers*each)
	}
	if got := len(rowsOf(t, newReader(t, path))); got != workers*each {
		t.Errorf("%d rows in the log", got)
	}
}

func TestRepeatedRequestIDReturnsTheFirstRecord(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	first := add(t, w, 0, 1)[0]

	again := prediction(0)
	again.Class, again.Score, again.Version = "other", 0.9, "9"
	records, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(1), again, prediction(1)})
	if err != nil {
		t.Fatal(err)
	}
	first.Repeated = true
	if records[1] != first {
		t.Errorf("repeated record %+v, want %+v", records[1], first)
	}
	if records[0].ID != 1 || records[0].Repeated || records[2].ID != 1 || !records[2].Repeated {
		t.Errorf("within the batch: %+v", records)
	}
	// Many callers use the same id at once.
	var wg sync.WaitGroup
	got := make([]predictionlog.Record, 20)
	for i := range got {
		wg.Go(func() {
			records, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(2)})
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = records[0]
		})
	}
	wg.Wait()
	firsts := 0
	for _, r := range got {
		if r.ID != 2 {
			t.Errorf("id %d, want 2", r.ID)
		}
		if !r.Repeated {
			firsts++
		}
	}
	if firsts != 1 {
		t.Errorf("%d callers were the first", firsts)
	}
	if n := len(rowsOf(t, newReader(t, path))); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// hold keeps the writer's goroutine busy until the returned function is called, so that
// everything that is submitted meanwhile shares one transaction.
func hold(t *testing.T, w *Writer) (release func()) {
	t.Helper()
	started, free := make(chan struct{}), make(chan struct{})
	go func() {
		err := w.submit(t.Context(), &task{work: func(*transaction) (int, error) {
			close(started)
			<-free
			return 0, nil
		}})
		if err != nil {
			t.Error(err)
		}
	}()
	<-started
	return func() { close(free) }
}

func TestBatchIsAllOrNothingAndItsNeighboursAreWritten(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	release := hold(t, w)
	var wg sync.WaitGroup
	bad := prediction(100)
	bad.Score = math.Inf(1)
	var badErr error
	wg.Go(func() {
		_, badErr = w.Append(t.Context(), []predictionlog.Prediction{prediction(101), bad, prediction(102)})
	})
	for i := range 5 {
		wg.Go(func() {
			if _, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(2 * i), prediction(2*i + 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "all are queued", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.queued == 13
	})
	release()
	wg.Wait()
	if badErr == nil || errors.Is(badErr, predictionlog.ErrUnavailable) || !strings.Contains(badErr.Error(), "row 1") {
		t.Errorf("error %v, want one about row 1 that is not ErrUnavailable", badErr)
	}
	rows := rowsOf(t, newReader(t, path))
	if len(rows) != 10 {
		t.Fatalf("%d rows, want the neighbours' 10", len(rows))
	}
	for i, row := range rows {
		if row.ID != int64(i) || row.Score > 1 {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	if err := w.Ready(); err != nil {
		t.Errorf("a refused row made the log unavailable: %v", err)
	}
}

func TestAppendThatIsCancelledInTheQueueIsNotWritten(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	release := hold(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := w.Append(ctx, []predictionlog.Prediction{prediction(0)})
		failed <- err
	}()
	eventually(t, "it is queued", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.queued == 1
	})
	cancel()
	if err := <-failed; !errors.Is(err, ctx.Err()) {
		t.Errorf("error %v", err)
	}
	release()
	add(t, w, 1, 1)
	if rows := rowsOf(t, newReader(t, path)); len(rows) != 1 || rows[0].ID != 0 {
		t.Errorf("rows %+v", rows)
	}
}

func TestCloseWritesWhatIsQueuedAndRefusesWhatFollows(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w, err := OpenWriter(t.Context(), path, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, w)
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			_, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(i)})
			results <- err
		}()
	}
	eventually(t, "all are queued", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.queued == cap(results)
	})
	w.Refuse("m", "1", "wrong_type")
	closed := make(chan error)
	go func() { closed <- w.Close() }()
	eventually(t, "it closes", func() bool { return w.Ready() != nil })
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(99)}); !errors.Is(err, predictionlog.ErrUnavailable) {
		t.Errorf("append after close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	s := stateOf(t, newReader(t, path))
	if want := (predictionlog.UpTo{Predictions: 19, Feedback: -1, Errors: 1}); s.HighWater != want {
		t.Errorf("high water %+v, want %+v", s.HighWater, want)
	}
}

func TestTimesRiseWithIDsUnlessTheClockIsSetBackByMoreThanAMinute(t *testing.T) {
	t.Parallel()
	path, c := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: c.now})
	for _, step := range []struct {
		name string
		set  time.Time
		want time.Time
	}{
		{"start", noon, noon},
		{"forward", noon.Add(time.Hour), noon.Add(time.Hour)},
		{"back by a second", noon.Add(time.Hour - time.Second), noon.Add(time.Hour)},
		{"back by a minute", noon.Add(time.Hour - time.Minute), noon.Add(time.Hour)},
		{"back by more than a minute", noon.Add(time.Hour - time.Minute - 1), noon.Add(time.Hour - time.Minute - 1)},
		{"to 2040", time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"and back", noon.Add(2 * time.Hour), noon.Add(2 * time.Hour)},
		{"before 1970", time.Unix(-5, 0), time.Unix(0, 0)},
	} {
		c.set(step.set)
		records, err := w.Append(t.Context(), []predictionlog.Prediction{{Model: "m", Features: []byte("{}"), Class: "1"}})
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if !records[0].Time.Equal(step.want) {
			t.Errorf("%s: time %s, want %s", step.name, records[0].Time, step.want)
		}
	}
	problems, setBack, err := Care.Check(t.Context(), path)
	if err != nil || len(problems) > 0 || setBack != 3 {
		t.Errorf("check: %v %v, set back %d times, want 3", err, problems, setBack)
	}
}

func TestGroupMayReadTheLogAndNobodyElse(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	add(t, w, 0, 1)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o640 {
			t.Errorf("%s has mode %o, want 640", name, info.Mode().Perm())
		}
	}
}
