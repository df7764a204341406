package sqlite

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"golang.org/x/sys/unix"
)

// BenchmarkAppend measures one durable prediction, with 1, 16 and 64 callers at once.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			var commits atomic.Int64
			w := newWriter(b, filepath.Join(b.TempDir(), logName), WriterOptions{
				RetentionTime: 90 * 24 * time.Hour, Lookback: 262144,
				OnCommit: func(int, time.Duration, error) { commits.Add(1) },
			})
			var next atomic.Int64
			one := func() {
				if _, err := w.Append(context.Background(), []predictionlog.Prediction{prediction(int(next.Add(1)))}); err != nil {
					b.Error(err)
				}
			}
			spread(b, callers, one)
			b.ReportMetric(float64(next.Load())/float64(max(1, commits.Load())), "rows/commit")
		})
	}
}

// spread runs the benchmark's iterations in many goroutines.
func spread(b *testing.B, callers int, one func()) {
	b.Helper()
	if callers == 1 {
		for b.Loop() {
			one()
		}
		return
	}
	work := make(chan struct{}, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range work {
				one()
			}
		})
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
}

// BenchmarkAppendFloor is the lower limit for the commit of one caller: it writes the bytes of a
// row to a file that already has its size, with one fdatasync.
func BenchmarkAppendFloor(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	const size = 4 << 20
	if _, err := f.Write(make([]byte, size)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	row := []byte(loan)
	offset := int64(0)
	for b.Loop() {
		if _, err := f.WriteAt(row, offset); err != nil {
			b.Fatal(err)
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		offset = (offset + int64(len(row))) % (size - int64(len(row)))
	}
}

// BenchmarkAppendBatch measures a hundred predictions in one call.
func BenchmarkAppendBatch(b *testing.B) {
	w := newWriter(b, filepath.Join(b.TempDir(), logName), WriterOptions{})
	next := 0
	for b.Loop() {
		addBatch(b, w, next, 100)
		next += 100
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(next), "ns/row")
}

// BenchmarkRead measures how a scrape reads 1000 new rows, in logs of two sizes.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("log=%d", size), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), logName)
			w := newWriter(b, path, WriterOptions{})
			for i := 0; i < size; i += 1000 {
				addBatch(b, w, i, 1000)
			}
			r := newReader(b, path)
			for b.Loop() {
				s, err := r.State(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				err = r.Predictions(context.Background(), s.HighWater.Predictions-1000, s.HighWater.Predictions, func(*predictionlog.Row) error {
					rows++
					return nil
				})
				if err != nil || rows != 1000 {
					b.Fatal(rows, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
		})
	}
}

// BenchmarkReadFloor measures SQLite itself reading the same 1000 rows.
func BenchmarkReadFloor(b *testing.B) {
	path := filepath.Join(b.TempDir(), logName)
	addBatch(b, newWriter(b, path, WriterOptions{}), 0, 1000)
	c := foreign(b, path)
	for b.Loop() {
		if n := number(b, c, "SELECT sum(length(features)) FROM predictions"); n == 0 {
			b.Fatal("no rows")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}

// BenchmarkState measures the part of a scrape that does not depend on new rows.
func BenchmarkState(b *testing.B) {
	path := filepath.Join(b.TempDir(), logName)
	addBatch(b, newWriter(b, path, WriterOptions{}), 0, 1000)
	r := newReader(b, path)
	for b.Loop() {
		stateOf(b, r)
	}
}

// BenchmarkTotals measures the start of a reader with the maximum number of rows that are not in
// the sums.
func BenchmarkTotals(b *testing.B) {
	path := filepath.Join(b.TempDir(), logName)
	addBatch(b, newWriter(b, path, WriterOptions{}), 0, 9999)
	r := newReader(b, path)
	for b.Loop() {
		if _, err := r.Totals(context.Background(), predictionlog.UpTo{Predictions: math.MaxInt64}); err != nil {
			b.Fatal(err)
		}
	}
}
