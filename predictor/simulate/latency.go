package simulate

import (
	"math"
	"time"
)

// latencies is a histogram of durations with buckets that grow by a factor of
// 2^(1/32): percentiles are right to 2.2 %, at 16 KiB whatever their number.
type latencies struct {
	counts [64 * perOctave]int64
	n      int64
	max    time.Duration
}

const perOctave = 32

func (l *latencies) add(d time.Duration) {
	d = max(d, 1)
	l.counts[int(math.Log2(float64(d))*perOctave)]++
	l.n++
	l.max = max(l.max, d)
}

// quantile returns the upper end of the bucket that holds the quantile q in
// (0,1], at most the longest duration; 0 when there is none.
func (l *latencies) quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(l.n)))
	var seen int64
	for i, n := range l.counts {
		if seen += n; n > 0 && seen >= rank {
			if end := math.Exp2(float64(i+1) / perOctave); end < float64(l.max) {
				return time.Duration(end)
			}
			return l.max
		}
	}
	return l.max
}
