package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// BenchmarkAppendBesideEvidence measures one durable prediction with 8 callers, alone and while
// outcomes are added at full speed: 50 at a time, followed by a pause of the same length. p99-us
// is the waiting time of a caller.
func BenchmarkAppendBesideEvidence(b *testing.B) {
	for _, beside := range []bool{false, true} {
		b.Run(map[bool]string{false: "alone", true: "beside"}[beside], func(b *testing.B) {
			path := b.TempDir() + "/" + logName
			w := newWriter(b, path, WriterOptions{})
			for i := range 40 {
				addBatch(b, w, 500*i, 500)
			}
			ctx, stop := context.WithCancel(context.Background())
			var writing sync.WaitGroup
			outcomes := 0
			if beside {
				e := newEvidence(b, path, EvidenceOptions{})
				writing.Go(func() {
					for next := int64(0); ctx.Err() == nil; next += 50 {
						batch := predictionlog.Evidence{Source: "a", Cursors: map[string]string{"x": fmt.Sprint(next)}}
						for i := range int64(50) {
							batch.Outcomes = append(batch.Outcomes, stated((next+i)%20_000, fmt.Sprint((next+i)/20_000%2), 1, -1))
						}
						began := time.Now()
						if _, err := e.Append(context.Background(), batch); err != nil {
							b.Error(err)
							return
						}
						outcomes += 50
						time.Sleep(time.Since(began))
					}
				})
			}
			var mu sync.Mutex
			var took []time.Duration
			number := 1_000_000
			began := time.Now()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					number++
					p := prediction(number)
					mu.Unlock()
					start := time.Now()
					if _, err := w.Append(context.Background(), []predictionlog.Prediction{p}); err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
			})
			seconds := time.Since(began).Seconds()
			stop()
			writing.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-us")
			b.ReportMetric(float64(outcomes)/seconds, "outcomes/s")
		})
	}
}
