package drift

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The 15 p-values of Benjamini and Hochberg (1995), table 1; at q = .05 four are
// discoveries, where Bonferroni's rule finds three.
func TestBenjaminiHochbergOfTheirExample(t *testing.T) {
	t.Parallel()
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	// By hand: p m / rank, and what is smaller further down.
	want := []float64{.0015, .003, .0095, .035625, .0603, .0638571428571, .0638571428571, .0645, .0765, .486, .5811818181818, .714875, .7532307692308, .8132142857143, 1}
	for i, got := range BenjaminiHochberg(p) {
		if !near(got, want[i], 1e-12) {
			t.Errorf("the one of %v = %v, want %v", p[i], got, want[i])
		}
	}
}

func TestBenjaminiHochbergKeepsOrderAndRange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(51, 52))
	if got := BenjaminiHochberg(nil); len(got) != 0 {
		t.Errorf("of nothing %v", got)
	}
	for range 500 {
		p := make([]float64, 1+r.IntN(20))
		for i := range p {
			p[i] = r.Float64()
		}
		adjusted := BenjaminiHochberg(p)
		for i := range p {
			if !(adjusted[i] >= p[i] && adjusted[i] <= 1) {
				t.Errorf("%v becomes %v", p[i], adjusted[i])
			}
			for j := range p {
				if p[i] < p[j] && adjusted[i] > adjusted[j] {
					t.Errorf("%v < %v become %v > %v", p[i], p[j], adjusted[i], adjusted[j])
				}
			}
		}
		if len(p) == 1 && adjusted[0] != p[0] {
			t.Errorf("a single test is adjusted from %v to %v", p[0], adjusted[0])
		}
		slices.Reverse(p)
		slices.Reverse(adjusted)
		if got := BenjaminiHochberg(p); !slices.Equal(got, adjusted) {
			t.Errorf("in another order %v became %v instead of %v", p, got, adjusted)
		}
	}
}

func BenchmarkBenjaminiHochberg(b *testing.B) {
	p := []float64{.41, .02, .95, .11, .0001, .3, .7, .8, .05, .5, .06, .9}
	b.ReportAllocs()
	for b.Loop() {
		BenjaminiHochberg(p)
	}
}
