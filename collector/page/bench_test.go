package page

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// BenchmarkPage assesses a snapshot and makes a page from it. The goals are 10 ms and 100 kB with
// 12 features, and 100 ms and 500 kB (compressed) with 1,000 features. Page -1 has all features.
func BenchmarkPage(b *testing.B) {
	for _, at := range []struct{ features, page int }{{12, 1}, {1000, 1}, {1000, every}} {
		b.Run(fmt.Sprintf("features=%d/page=%d", at.features, at.page), func(b *testing.B) {
			names := make([]string, at.features)
			for i := range names {
				names[i] = fmt.Sprintf("feature_%04d", i)
			}
			w, l := newWorld(1, names...), &memory{}
			r := w.reference(b, "m", "")
			w.add(l, "m", "1", 600, 2*time.Minute, .5)
			source := follow(b, l, window.Spec{Name: "m", References: []*reference.Reference{r}})
			s := source.Snapshot(b.Context())
			_ = source.close() // it draws null distributions in the background
			spent := processorTime(b)
			var page bytes.Buffer
			for b.Loop() {
				page.Reset()
				v := newViewer(s, watching.Judgement().Outline(s), watching.Judgement(), 24*time.Hour)
				p := v.overview(v.all, at.page)
				if err := render(&page, "page.html", &p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-spent).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
			var small bytes.Buffer
			z := gzip.NewWriter(&small)
			_, _ = z.Write(page.Bytes())
			_ = z.Close()
			b.ReportMetric(float64(page.Len()), "bytes")
			b.ReportMetric(float64(small.Len()), "gzip-bytes")
		})
	}
}

// processorTime is what this process has used. On a busy machine it says more than the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
