package cohort

import (
	"math"
	"math/rand/v2"
	"testing"
)

// BenchmarkFold folds a whole look-back, as a start does, and again when the measured maturity
// has changed: 20,000 outcomes, one a second.
func BenchmarkFold(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	l := newLog(usual())
	l.play(steady(20_000, onlyKind, 0.1, errors(r, func(int) float64 { return 0.1 })))
	for b.Loop() {
		l.stale = true
		l.At(math.MaxInt64/2, age(1))
	}
}

// BenchmarkTick folds one more tick of 15 outcomes, as a scrape does.
func BenchmarkTick(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	l, i := newLog(usual()), 0
	wrong := errors(r, func(int) float64 { return 0.1 })
	for b.Loop() {
		for range 15 {
			at := int64(i+1) * second
			loss, _ := wrong(i)
			l.play([]event{{id: int64(i), time: at, expected: 0.1}, {id: int64(i), outcome: &Outcome{int64(i), 0, loss}}})
			i++
		}
		l.At(int64(i)*second, age(1))
	}
}
