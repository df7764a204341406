package collector

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func TestLabelPairsAreThoseOfPrometheus(t *testing.T) {
	t.Parallel()
	for _, names := range []labelNames{modelLabels, featureLabels, binLabels, termLabels, feedbackLabels, referenceLabels, collectorLabels} {
		var values []string
		for i := range names.given {
			values = append(values, fmt.Sprintf("value %d", i))
		}
		got, want := names.with(values...), prometheus.MakeLabelPairs(prometheus.NewDesc("m", "h", names.given, nil), values)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: got %v, want %v", names.given, got, want)
		}
	}
}

// TestTenThousandScrapesLeaveNothingBehind: what a page shows once must not stay in
// memory, or an exporter grows for as long as it runs.
func TestTenThousandScrapesLeaveNothingBehind(t *testing.T) {
	s := usualSnapshot(t)
	collectors, ch := all(&Options{Classes: 20}), make(chan prometheus.Metric, 1000)
	collect := func(scrapes int) {
		for range scrapes {
			for i := range collectors {
				collectors[i].Collect(s, ch)
			}
			for len(ch) > 0 {
				_ = (<-ch).Write(&dto.Metric{})
			}
		}
	}
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapObjects
	}
	collect(10)
	before := held()
	collect(10_000)
	// The test binary itself moves by some hundred.
	if after := held(); after > before+1000 {
		t.Errorf("%d objects are held after 10,000 scrapes, %d before", after, before)
	}
}

func BenchmarkLabelPairs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = featureLabels.with("loan_refinance", "2026-01-01", "credit_score")
	}
}
