package sqlite

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"golang.org/x/sys/unix"
)

// dump returns the rows of a table.
func dump(t *testing.T, c *file.Connection, query string) (rows []string) {
	t.Helper()
	err := c.Query(t.Context(), query, func(row []driver.Value) error {
		rows = append(rows, fmt.Sprintf("%q", row))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestManyOutcomesAtOnceAreTheSameAsOneAfterTheOther adds the same outcomes to two copies of a log:
// in batches, and each by itself without the look-up in advance.
func TestManyOutcomesAtOnceAreTheSameAsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 14))
		path, w := withPredictions(t, 60)
		for range 20 { // these have the log's own request ids
			if _, err := w.Append(t.Context(), []predictionlog.Prediction{{Model: "m", Features: []byte("{}"), Class: "1", Latency: -1, Score: math.NaN()}}); err != nil {
				t.Fatal(err)
			}
		}
		state := stateOf(t, newReader(t, path))
		c := foreign(t, path)
		for _, query := range []string{"DELETE FROM predictions WHERE id IN (3, 70)", "INSERT INTO feedback (prediction_id, outcome, source) VALUES (5, '1', 'http'), (71, '0', 'http')", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if err := c.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		copied := newPath(t)
		if err := c.Do("VACUUM INTO ?", copied); err != nil {
			t.Fatal(err)
		}
		o := EvidenceOptions{Agreement: seed%2 == 1, PendingLimit: 10, Now: newClock(noon.Add(time.Hour)).now}
		fast, slow := newEvidence(t, path, o), newEvidence(t, copied, o)
		for range 15 {
			var batch []predictionlog.Stated
			for range 1 + random.IntN(200) {
				batch = append(batch, anyOutcome(random, state.LogID))
			}
			source := []string{"a", "b"}[random.IntN(2)]
			got := put(t, fast, source, batch...)
			var want predictionlog.Received
			err := slow.write(t.Context(), true, func(tx *transaction) error {
				r := received{tx: tx, options: &slow.options, pending: -1, known: &slow.rejected}
				err := tx.owning(o.Agreement, func() error {
					for i := range batch {
						if err := r.outcome(source, &batch[i], &unsaid{}); err != nil {
							return err
						}
					}
					return nil
				})
				want = r.Received
				return err
			})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %v: %+v, one after the other %+v", seed, err, got, want)
			}
		}
		other := foreign(t, copied)
		for _, query := range []string{"SELECT * FROM feedback ORDER BY seq", "SELECT * FROM outcomes ORDER BY seq", "SELECT * FROM outcomes_pending ORDER BY seq", "SELECT * FROM outcomes_rejected ORDER BY seq", "SELECT * FROM totals_up_to"} {
			if got, want := dump(t, c, query), dump(t, other, query); len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("seed %d: %s: %d rows, one after the other %d", seed, query, len(got), len(want))
			}
		}
	}
}

// anyOutcome returns an outcome that names a prediction in any way, also wrongly.
func anyOutcome(random *rand.Rand, logID string) predictionlog.Stated {
	id := random.Int64N(85)
	s := predictionlog.Stated{Feedback: predictionlog.Feedback{Outcome: fmt.Sprint(random.IntN(2)), Confidence: float64(1+random.IntN(4)) / 4}, Record: func() string { return fmt.Sprint("record ", id) }}
	switch random.IntN(8) {
	case 0, 1, 2:
		s.PredictionID = &id
	case 3, 4:
		s.RequestID = fmt.Sprintf("request-%06d", id)
	case 5:
		s.RequestID = predictionlog.OwnRequestID(logID, id)
	case 6:
		s.RequestID = predictionlog.OwnRequestID(strings.Repeat("0", 8)+"-0000-4000-8000-"+strings.Repeat("0", 12), id)
	default:
		s.PredictionID, s.RequestID = &id, fmt.Sprintf("request-%06d", id-random.Int64N(2))
	}
	if random.IntN(2) == 0 {
		s.ObservedAt = noon.Add(time.Duration(random.IntN(40)-2) * time.Minute)
	}
	return s
}

// processorTime returns the time that the processors have spent on this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkAppendEvidence measures the processor time of an outcome that is the first one of its
// prediction.
func BenchmarkAppendEvidence(b *testing.B) {
	for _, size := range []int{50, 200} {
		for _, timed := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%d/timed=%v", size, timed), func(b *testing.B) {
				n := 200_000
				path := b.TempDir() + "/" + logName
				w := newWriter(b, path, WriterOptions{})
				for i := range n / 1000 {
					addBatch(b, w, 1000*i, 1000)
				}
				e := newEvidence(b, path, EvidenceOptions{})
				next := 0
				round := 0
				before := processorTime(b)
				for b.Loop() {
					batch := predictionlog.Evidence{Source: "a", Lazy: true, Cursors: map[string]string{"x": fmt.Sprint(next)}}
					for range size {
						s := stated(int64(next), fmt.Sprint(round%2), 1, -1)
						if timed {
							s.ObservedAt = noon.AddDate(10, 0, 0)
						}
						batch.Outcomes = append(batch.Outcomes, s)
						if next++; next == n {
							next, round = 0, round+1
						}
					}
					if _, err := e.Append(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(b.N*size)/1e3, "cpu-us/outcome")
			})
		}
	}
}
