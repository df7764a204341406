package sqlite

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// idsOf returns the existing ids as "first-last (number)".
func idsOf(t *testing.T, r *Reader) string {
	t.Helper()
	rows := rowsOf(t, r)
	if len(rows) == 0 {
		return "none"
	}
	return fmt.Sprintf("%d-%d (%d)", rows[0].ID, rows[len(rows)-1].ID, len(rows))
}

func TestRetentionByTimeDeletesOldRowsButNotTheLookback(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Hour, Lookback: 100})
	r := newReader(t, path)
	addBatch(t, w, 0, 500)
	for i := range int64(150) {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	eventually(t, "the errors are written", func() bool { return stateOf(t, r).HighWater.Errors == 20 })
	if got := idsOf(t, r); got != "0-499 (500)" {
		t.Fatalf("ids %s before anything is old", got)
	}
	clk.advance(time.Hour)
	if got := idsOf(t, r); got != "0-499 (500)" {
		t.Fatalf("ids %s at the edge", got)
	}
	clk.advance(1)
	eventually(t, "old rows go while nothing is written", func() bool { return idsOf(t, r) == "400-499 (100)" })
	c := foreign(t, path)
	eventually(t, "old feedback and errors go", func() bool {
		return number(t, c, "SELECT count(*) FROM feedback") == 100 && number(t, c, "SELECT count(*) FROM errors") == 0
	})
	// The look-back moves with new rows.
	addBatch(t, w, 500, 70)
	eventually(t, "rows leave the look-back", func() bool { return idsOf(t, r) == "470-569 (100)" })
}

func TestRetentionKeepsUpWithABusyLog(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Minute})
	r := newReader(t, path)
	addBatch(t, w, 0, 2000)
	clk.advance(time.Hour)
	for i := range 15 {
		addBatch(t, w, 2000+i*100, 100)
	}
	if rows := rowsOf(t, r); len(rows) > 1500 {
		t.Errorf("%d rows are left of 3500, want 1500", len(rows))
	}
}

func TestRowsFromAWrongFutureDoNotStopRetention(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Hour})
	r := newReader(t, path)
	add(t, w, 0, 2)
	clk.set(noon.AddDate(14, 0, 0))
	addBatch(t, w, 2, 3000) // more than one step
	clk.set(noon)
	add(t, w, 4000, 1)
	clk.advance(2 * time.Hour)
	add(t, w, 4001, 1)
	eventually(t, "rows of the future go with their neighbours", func() bool { return idsOf(t, r) == "3003-3003 (1)" })
}

// buffer is a log of messages that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestRetentionBySizeBoundsTheLogAndSaysSo(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	messages := &buffer{}
	const limit = 1 << 20
	w := newWriter(t, path, WriterOptions{
		RetentionSize: limit, Lookback: 100_000, Logger: slog.New(slog.NewTextHandler(messages, nil)),
	})
	r := newReader(t, path)
	for i := range 100 {
		addBatch(t, w, i*100, 100)
	}
	for range 5000 {
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	c := foreign(t, path)
	used := func() int64 {
		return (number(t, c, "PRAGMA page_count") - number(t, c, "PRAGMA freelist_count")) * number(t, c, "PRAGMA page_size")
	}
	eventually(t, "the log is small enough", func() bool { return used() <= limit })
	rows := rowsOf(t, r)
	if len(rows) < 1000 || rows[len(rows)-1].ID != 9999 {
		t.Errorf("%d rows are left, the newest %+v", len(rows), rows[len(rows)-1].ID)
	}
	// The write-ahead log needs about 4 MiB in addition under load.
	if s := stateOf(t, r); s.Size > 2*limit+8<<20 {
		t.Errorf("%d bytes on disk with a limit of %d", s.Size, limit)
	}
	if n := strings.Count(messages.String(), "inside the look-back"); n != 1 {
		t.Errorf("said %d times that the look-back suffers, want once a minute:\n%s", n, messages)
	}
}
