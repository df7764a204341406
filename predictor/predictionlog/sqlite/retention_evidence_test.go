package sqlite

import (
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// evidenceAt adds one row to each table of evidence, about a prediction.
func evidenceAt(t *testing.T, c *file.Connection, when time.Time, id int64) {
	t.Helper()
	at := when.UnixNano()
	must(t, c, "INSERT INTO outcomes (received_at, prediction_id, outcome, accepted) VALUES (?, ?, '1', 1)", at, id)
	must(t, c, "INSERT INTO outcomes_pending (received_at, request_id, source, outcome, confidence) VALUES (?, 'r', 's', '1', 1.0)", at)
	must(t, c, "INSERT INTO outcomes_rejected (received_at, source, reason, record) VALUES (?, 's', 'no class', '{}')", at)
	must(t, c, "INSERT INTO reviews (time, prediction_id, reviewer, outcome, previous, hash) VALUES (?, ?, 'x', '1', '', hex(zeroblob(32)))", at, id)
}

// left counts the rows of outcomes, pending, rejected, reviews and erasures.
func left(t *testing.T, c *file.Connection) (n [5]int64) {
	t.Helper()
	for i, table := range []string{"outcomes", "outcomes_pending", "outcomes_rejected", "reviews", "erasures"} {
		n[i] = number(t, c, "SELECT count(*) FROM "+table)
	}
	return n
}

func TestEvidenceGoesByItsAgeOnceItsPredictionIsGone(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Hour, Lookback: 10})
	addBatch(t, w, 0, 30)
	c := foreign(t, path)
	for id := range int64(30) {
		evidenceAt(t, c, noon, id)
	}
	must(t, c, "INSERT INTO outcomes (received_at, request_id, outcome, accepted) VALUES (?, 'of nobody', '1', 0)", noon.UnixNano())
	clk.advance(30 * time.Minute)
	evidenceAt(t, c, noon.Add(30*time.Minute), 0)
	clk.advance(31 * time.Minute)
	// Predictions 20 to 29 are in the look-back, and so is their evidence. Rows from half an hour
	// ago are too young.
	eventually(t, "evidence of what is gone goes", func() bool { return left(t, c) == [5]int64{11, 1, 1, 31, 0} })
	clk.advance(time.Hour)
	addBatch(t, w, 30, 10)
	eventually(t, "the rest goes with its predictions", func() bool { return left(t, c) == [5]int64{0, 0, 0, 31, 0} })
}

func TestWhatWaitsIsBoundedInNumber(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w, err := OpenWriter(t.Context(), path, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	addBatch(t, w, 0, 1)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := foreign(t, path)
	for range 25 {
		evidenceAt(t, c, time.Now(), 0)
	}
	e := NewExpiry(time.Hour)
	e.pruner.evidenceState.most = map[string]int64{"outcomes_pending": 20, "outcomes_rejected": 10}
	deleted, _, err := e.Step(c)
	if err != nil || deleted != 5+15 {
		t.Errorf("deleted %d, %v, want 20", deleted, err)
	}
	if got := left(t, c); got != [5]int64{25, 20, 10, 25, 0} {
		t.Errorf("left %v", got)
	}
	if n := number(t, c, "SELECT min(seq) FROM outcomes_rejected"); n != 16 {
		t.Errorf("the oldest that is left is %d: the newest should stay", n)
	}
	if e.pruner.evidenceState.dropped != 20 {
		t.Errorf("%d rows are said to be dropped, want 20", e.pruner.evidenceState.dropped)
	}
}

func TestEvidenceWaitsForEveryDestination(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now, RetentionTime: time.Hour})
	addBatch(t, w, 0, 5)
	c := foreign(t, path)
	for id := range int64(5) {
		evidenceAt(t, c, noon, id)
	}
	s := newShipping(t, path, "there")
	arrived(t, s, predictionlog.TablePredictions, 4)
	arrived(t, s, predictionlog.TableOutcomes, 2)
	must(t, c, "INSERT INTO erasures (request_hash) VALUES (hex(zeroblob(32)))")
	clk.advance(2 * time.Hour)
	eventually(t, "what has arrived goes", func() bool { return left(t, c) == [5]int64{3, 0, 0, 5, 1} })
	arrived(t, s, predictionlog.TableOutcomes, 5)
	arrived(t, s, predictionlog.TableErasures, 1)
	clk.advance(2 * time.Minute)
	eventually(t, "the rest goes", func() bool { return left(t, c) == [5]int64{0, 0, 0, 5, 0} })
}

func TestRetentionBySizeTakesEvidence(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{RetentionSize: 1 << 20})
	c := foreign(t, path)
	addBatch(t, w, 0, 100)
	must(t, c, `INSERT INTO outcomes (received_at, prediction_id, outcome, accepted, reason)
		WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 9999) SELECT 1, n % 100, '1', 0, hex(zeroblob(100)) FROM i`)
	for i := 100; i < 3000; i += 100 {
		addBatch(t, w, i, 100)
	}
	eventually(t, "the size holds", func() bool {
		return (number(t, c, "PRAGMA page_count")-number(t, c, "PRAGMA freelist_count"))*number(t, c, "PRAGMA page_size") <= 1<<20
	})
}
