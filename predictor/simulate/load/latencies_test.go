package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPercentilesAreRightToAThousandth(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1)) // #nosec G404 -- repeatable draws, no secret
	l := NewLatencies()
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(1e6 * math.Exp(2*r.NormFloat64()))
		l.Add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{.001, .5, .9, .99, .999, 1} {
		want := all[int(math.Ceil(q*10_000))-1]
		if got := l.Quantile(q); math.Abs(float64(got-want)) > .001*float64(want) {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if l.Count() != 10_000 {
		t.Errorf("%d durations", l.Count())
	}
	l.Reset()
	if l.Count() != 0 || l.Max() != 0 {
		t.Errorf("after a reset: %d durations, the longest %v", l.Count(), l.Max())
	}
}

func TestPercentilesAtTheEdges(t *testing.T) {
	t.Parallel()
	l := NewLatencies()
	if got := l.Quantile(.5); got != 0 {
		t.Errorf("of nothing: %v, want 0", got)
	}
	for _, d := range []time.Duration{-1, 0, math.MaxInt64} {
		l.Add(d)
	}
	if low, high := l.Quantile(.5), l.Max(); low != 1 || high < longest || high > longest+longest/1000 {
		t.Errorf("%v and %v, want 1 ns and an hour", low, high)
	}
}
