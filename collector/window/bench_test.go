package window

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// loans writes n rows of the embedded model, a hundredth of a second apart.
func loans(b testing.TB, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(b.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	}()
	generator, names := simulate.New(1), simulate.Names()
	batch := make([]predictionlog.Prediction, 0, 1000)
	for i := range n {
		loan := generator.Next()
		features := []byte("{")
		for j, name := range names {
			features = fmt.Appendf(features, `%q:`, name)
			features = append(strconv.AppendFloat(features, loan.Values[j], 'f', -1, 64), ',')
		}
		features[len(features)-1] = '}'
		batch = append(batch, predictionlog.Prediction{
			RequestID: fmt.Sprintf("%036d", i), Model: "loan_refinance", Version: "1", Features: features,
			Score: float64(i%997) / 997, Class: strconv.Itoa(i % 2), Latency: 50 * time.Microsecond,
		})
		if len(batch) == cap(batch) || i == n-1 {
			if _, err := w.Append(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	return path
}

// cut is a log that ends at an id.
type cut struct {
	Log
	high int64
}

func (c *cut) State(ctx context.Context) (predictionlog.State, error) {
	s, err := c.Log.State(ctx)
	s.HighWater.Predictions = min(s.HighWater.Predictions, c.high)
	s.TotalsUpTo.Predictions = min(s.TotalsUpTo.Predictions, (c.high+1)/10_000*10_000-1) // as often as the log does
	return s, err
}

func watchLoans(b testing.TB, log Log, nulls *drift.Nulls, predictions int) *Window {
	b.Helper()
	w, err := New(log, []Spec{{Name: "loan_refinance", References: []*reference.Reference{reference.Default()}}}, drift.BinOptions{}, nulls,
		Options{Predictions: predictions, Lookback: 262_144, Feedback: 100, Versions: 10, FalseAlarmsPerMonth: 1, Tolerance: .02})
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// BenchmarkSnapshot is what a scrape takes before it writes its page: with new
// rows, without, and at the start.
func BenchmarkSnapshot(b *testing.B) {
	const rows = 200_000
	reader := sqlite.NewReader(loans(b, rows))
	b.Cleanup(func() { _ = reader.Close() })
	nulls := drift.NewNulls(drift.DefaultSamples, 1)
	b.Cleanup(nulls.Close)
	now := time.Now()
	snapshot := func(b *testing.B, w *Window) {
		b.Helper()
		if s := w.Snapshot(context.Background(), now); s.Err != nil {
			b.Fatal(s.Err)
		}
	}
	for _, fresh := range []int64{0, 1, 1000} {
		b.Run(fmt.Sprintf("rows=%d", fresh), func(b *testing.B) {
			log := &cut{reader, 100_000}
			w := watchLoans(b, log, nulls, 1000)
			snapshot(b, w)
			b.ReportAllocs()
			for b.Loop() {
				if log.high += fresh; log.high >= rows {
					b.StopTimer()
					log.high = 100_000
					w = watchLoans(b, log, nulls, 1000)
					snapshot(b, w)
					b.StartTimer()
				}
				snapshot(b, w)
			}
		})
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			snapshot(b, watchLoans(b, reader, nulls, rows))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	})
}

// TestRowsAllocateNothing holds that a thousand rows take hardly more memory from the
// allocator than one: what remains is a pair of packed runs for every 128 of them.
func TestRowsAllocateNothing(t *testing.T) {
	reader := sqlite.NewReader(loans(t, 20_000))
	t.Cleanup(func() { _ = reader.Close() })
	nulls := drift.NewNulls(1, 1)
	t.Cleanup(nulls.Close)
	log := &cut{reader, 2000}
	w := watchLoans(t, log, nulls, 1000)
	now := time.Now()
	allocated := func(fresh int64) float64 {
		return testing.AllocsPerRun(5, func() {
			log.high += fresh
			if s := w.Snapshot(t.Context(), now); s.Err != nil {
				t.Fatal(s.Err)
			}
		})
	}
	allocated(1)
	one, thousand := allocated(1), allocated(1000)
	t.Logf("%v allocations with one new row, %v with 1000", one, thousand)
	if thousand-one > 100 {
		t.Errorf("%v allocations with 1000 new rows, %v with one", thousand, one)
	}
}
