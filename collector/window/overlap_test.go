package window

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// slow is a log without rows that takes a second to say so, and counts how often it
// was asked.
type slow struct {
	Log
	asked int
	fails int // so many times at first
}

func (l *slow) State(context.Context) (predictionlog.State, error) {
	time.Sleep(time.Second)
	if l.asked++; l.asked <= l.fails {
		return predictionlog.State{}, context.DeadlineExceeded
	}
	return predictionlog.State{LogID: "a", HighWater: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}}, nil
}

func (*slow) Totals(context.Context, predictionlog.UpTo) (predictionlog.Totals, error) {
	return predictionlog.Totals{Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
}

func (*slow) Predictions(context.Context, int64, int64, func(*predictionlog.Row) error) error {
	return nil
}

func (*slow) Feedback(context.Context, int64, int64, func(*predictionlog.FeedbackRow) error) error {
	return nil
}

func (*slow) Errors(context.Context, int64, int64, func(*predictionlog.ErrorRow) error) error {
	return nil
}

func TestScrapesThatOverlapShareOneReading(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ fails, asked, failed int }{
		{0, 2, 0}, // nine came after the first reading began: it may lack what they must see
		{1, 2, 1}, // who waits does not fail with who went ahead
		{2, 3, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			log := &slow{fails: test.fails}
			nulls := drift.NewNulls(199, 1)
			defer nulls.Close()
			w, err := New(log, nil, drift.BinOptions{}, nulls, defaults())
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			failed := 0
			var scrapes sync.WaitGroup
			scrape := func() {
				if s := w.Snapshot(t.Context(), start); s.Err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed++
				}
			}
			scrapes.Go(scrape)
			synctest.Wait()
			for range 9 {
				scrapes.Go(scrape)
			}
			scrapes.Wait()
			if log.asked != test.asked || failed != test.failed {
				t.Errorf("ten scrapes asked the log %d times and %d failed, want %d and %d", log.asked, failed, test.asked, test.failed)
			}
			if w.Snapshot(t.Context(), start); log.asked != test.asked+1 {
				t.Error("a scrape that began later has not asked the log")
			}
		})
	}
}
