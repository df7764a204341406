package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// measure is one distance or divergence of counts.
type measure struct {
	name      string
	of        func(reference, window []int64) float64
	most      float64 // no bin in common
	symmetric bool
	slack     float64 // what it may be of equal shares
}

// Shares that are equal have no distance but that of the floors in PSI.
var measures = []measure{
	{"PSI", PSI, math.Inf(1), false, 1e-4},
	{"JensenShannon", JensenShannon, math.Ln2, true, 1e-15},
	{"Hellinger", Hellinger, 1, true, 1e-8},
	{"TotalVariation", TotalVariation, 1, true, 1e-15},
}

func TestDistancesMatchTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		want := []float64{v.PSI, v.JensenShannon, v.Hellinger, v.TotalVariation}
		for i, m := range measures {
			if got := m.of(v.Ref, v.Prod); !near(got, want[i], 1e-9) {
				t.Errorf("%s: %s = %v, want %v", v.Name, m.name, got, want[i])
			}
		}
		axis := NewAxis(v.Ref, nil, 0, 0, 0)
		if got := axis.KolmogorovSmirnov(append(slices.Clone(v.Prod), 0, 0, 0, 0, 0)); !near(got, v.KS, 1e-9) {
			t.Errorf("%s: KolmogorovSmirnov = %v, want %v", v.Name, got, v.KS)
		}
	}
}

func TestDistancesKeepTheirRange(t *testing.T) {
	t.Parallel()
	for _, m := range measures {
		histograms(21, 2000, func(reference, window []int64) {
			d := m.of(reference, window)
			if !(d >= 0 && d <= m.most) || math.IsInf(d, 0) {
				t.Errorf("%s(%v, %v) = %v", m.name, reference, window, d)
			}
			if m.symmetric && !near(m.of(window, reference), d, 1e-12) {
				t.Errorf("%s(%v, %v) = %v, the other way round %v", m.name, reference, window, d, m.of(window, reference))
			}
			// Order of the bins says nothing to them.
			slices.Reverse(reference)
			slices.Reverse(window)
			if got := m.of(reference, window); !near(got, d, 1e-12*(1+d)) {
				t.Errorf("%s(%v, %v) = %v, in reverse %v", m.name, reference, window, got, d)
			}
		})
	}
}

func TestDistancesOfEqualShares(t *testing.T) {
	t.Parallel()
	histograms(22, 500, func(reference, _ []int64) {
		for b := range reference {
			reference[b] += 10
		}
		more := make([]int64, len(reference))
		for b, c := range reference {
			more[b] = 7 * c
		}
		for _, m := range measures {
			if d := m.of(more, reference); d > m.slack {
				t.Errorf("%s of equal shares %v = %v", m.name, reference, d)
			}
		}
	})
}

func TestDistancesOfNothingInCommon(t *testing.T) {
	t.Parallel()
	for _, m := range measures {
		d := m.of([]int64{1000, 0}, []int64{0, 50})
		if math.IsInf(m.most, 0) && (math.IsInf(d, 0) || d < 5) || !math.IsInf(m.most, 0) && !near(d, m.most, 1e-15) {
			t.Errorf("%s of nothing in common = %v, want %v", m.name, d, m.most)
		}
	}
}

func TestDistancesOfAnEmptyHistogramAreNaN(t *testing.T) {
	t.Parallel()
	empty, some := []int64{0, 0}, []int64{3, 5}
	for _, m := range measures {
		for _, pair := range [][2][]int64{{some, empty}, {empty, some}, {empty, empty}} {
			if d := m.of(pair[0], pair[1]); !math.IsNaN(d) {
				t.Errorf("%s(%v) = %v", m.name, pair, d)
			}
		}
	}
}

// The population values of the specification: PSI about twice KL, the Jensen-
// Shannon divergence about a quarter of it.
func TestDistancesOfAShiftedNormal(t *testing.T) {
	t.Parallel()
	const n = 1_000_000_000
	reference, window := slices.Repeat([]int64{n / 10}, 10), make([]int64, 10)
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	last := 0.0
	for b := range window {
		upTo := 1.0
		if b < 9 {
			upTo = phi(math.Sqrt2*math.Erfinv(2*float64(b+1)/10-1) - 0.5)
		}
		window[b] = int64(math.Round(n * (upTo - last)))
		last = upTo
	}
	for i, want := range []float64{.2377, .0290, .1714, .1974} {
		if got := measures[i].of(reference, window); !near(got, want, 5e-5) {
			t.Errorf("%s = %v, want %v", measures[i].name, got, want)
		}
	}
}

func BenchmarkDistances(b *testing.B) {
	reference := slices.Repeat([]int64{10_000}, 10)
	window := []int64{96, 104, 109, 97, 94, 94, 86, 109, 105, 106}
	for _, m := range measures {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.of(reference, window)
			}
		})
	}
	axis, fine := randomAxis(rand.New(rand.NewPCG(1, 2)), 200)
	for name, of := range map[string]func([]int64) float64{"KolmogorovSmirnov": axis.KolmogorovSmirnov, "Wasserstein": axis.Wasserstein} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				of(fine)
			}
		})
	}
}
