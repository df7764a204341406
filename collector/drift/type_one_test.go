package drift

import (
	"math"
	"slices"
	"testing"
)

// rejections is the share of windows of n without drift whose p-value is at most
// .05, over references drawn from equal bins. test draws the p-value's null.
func rejections(n, nref int64, references, windows int, test func(reference []int64) func(kl float64) float64) float64 {
	truth := slices.Repeat([]int64{1}, 10)
	r := newRandom(uint64(n))
	ofReference, ofWindow := newMultinomial(truth, nref), newMultinomial(truth, n)
	reference, window := make([]int64, 10), make([]int64, 10)
	rejected := 0
	for range references {
		ofReference.draw(r, reference)
		p := test(reference)
		for range windows {
			ofWindow.draw(r, window)
			if p(KL(reference, window)) <= 0.05 {
				rejected++
			}
		}
	}
	return float64(rejected) / float64(references*windows)
}

// The promise of a p-value: 5 % of windows without drift are below .05, although
// the reference is a sample as well. 200 references of 150 windows have a
// standard error of .002 to .003, from the binomial and from the references.
func TestTwoSamplePValueKeepsItsTypeIError(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{100, 1000} {
		const nref, draws = 10_000, 999
		got := rejections(n, nref, 200, 150, func(reference []int64) func(float64) float64 {
			return NewNull(reference, n, draws, uint64(reference[0])).PValue
		})
		t.Logf("n = %d: %v", n, got)
		if got < 0.04 || got > 0.06 {
			t.Errorf("n = %d: %v of the windows without drift have p <= .05", n, got)
		}
	}
}

// Nulls serves sizes up to 2.5 % away from the one a null was drawn for.
func TestNullServesItsNeighboursOnTheGrid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ drawn, n int64 }{{981, 1000}, {1030, 1005}, {101, 103}} {
		const nref = 10_000
		got := rejections(c.n, nref, 120, 150, func(reference []int64) func(float64) float64 {
			null := NewNull(reference, c.drawn, 999, uint64(reference[0]))
			return func(kl float64) float64 { return null.Test(kl, c.n, nref).PValue }
		})
		t.Logf("null of %d at %d: %v", c.drawn, c.n, got)
		if got < 0.04 || got > 0.06 {
			t.Errorf("null of %d at %d: %v of the windows without drift have p <= .05", c.drawn, c.n, got)
		}
	}
}

func TestNoiseFloorMovesWithTheSize(t *testing.T) {
	t.Parallel()
	reference := slices.Repeat([]int64{1000}, 10)
	const nref = 10_000
	for _, c := range []struct{ drawn, n int64 }{{500, 512}, {1000, 980}, {20_000, 20_300}} {
		moved := NewNull(reference, c.drawn, 9999, 1).Test(0.01, c.n, nref).NoiseFloor
		own := NewNull(reference, c.n, 9999, 2).Mean()
		if math.Abs(moved/own-1) > 0.03 {
			t.Errorf("noise floor of %d moved to %d is %v, drawn there %v", c.drawn, c.n, moved, own)
		}
	}
}
