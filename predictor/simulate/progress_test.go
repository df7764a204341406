package simulate

import (
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

func TestProgressLineSaysWhereItIs(t *testing.T) {
	t.Parallel()
	s := &stats{start: time.Now().Add(-10 * time.Second), end: time.Now(), total: 50, accepted: 19, refused: 1, retries: 2, outcomes: outcomeCounts{waiting: 3, accepted: 4}, latencies: load.NewLatencies()}
	s.latencies.Add(time.Millisecond)
	const want = "20 of 50 predictions, 2.0 a second, p99 1ms, 4 outcomes, 3 waiting, 1 refused, 2 retries"
	if got := s.line(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0s", 123: "123ns", 1234: "1.23µs", 12_345_678: "12.3ms", 123_456_789: "123ms", 2_345_678_901: "2.35s"} {
		if got := short(d); got != want {
			t.Errorf("%d ns is %s, want %s", d, got, want)
		}
	}
}
