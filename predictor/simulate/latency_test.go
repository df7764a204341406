package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPercentilesAreRightToTwoPercent(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1)) // #nosec G404 -- repeatable draws, no secret
	var l latencies
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(1e6 * math.Exp(2*r.NormFloat64()))
		l.add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{.001, .5, .9, .99, .999, 1} {
		want := all[int(math.Ceil(q*10_000))-1]
		if got := l.quantile(q); got < want || float64(got) > 1.0221*float64(want) {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestPercentilesAtTheEdges(t *testing.T) {
	t.Parallel()
	var l latencies
	if got := l.quantile(.5); got != 0 {
		t.Errorf("of nothing: %v, want 0", got)
	}
	for _, d := range []time.Duration{-1, 0, math.MaxInt64} {
		l.add(d)
	}
	if low, high := l.quantile(.5), l.quantile(1); low > 2 || high != math.MaxInt64 {
		t.Errorf("%v and %v, want about 0 and the longest there is", low, high)
	}
}
