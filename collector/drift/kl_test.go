package drift

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestKLOfTheIncomeExample(t *testing.T) {
	t.Parallel()
	// 60/30/10 % against 20/40/40 of 100: 0.43423 raw, 0.41898 smoothed.
	reference, window := []int64{60000, 30000, 10000}, []int64{20, 40, 40}
	if got := KL(reference, window); !near(got, 0.41898, 5e-6) {
		t.Errorf("KL = %v", got)
	}
	if got := smoothedKL(reference, window, 0); !near(got, 0.43423, 5e-6) {
		t.Errorf("raw KL = %v", got)
	}
	if got := KL(reference, []int64{20e12, 40e12, 40e12}); !near(got, 0.43423, 5e-6) {
		t.Errorf("KL of a huge window = %v, want the raw one", got)
	}
}

func TestKLOfAnEmptyHistogramIsNaN(t *testing.T) {
	t.Parallel()
	empty, some := []int64{0, 0}, []int64{3, 5}
	for _, pair := range [][2][]int64{{some, empty}, {empty, some}, {empty, empty}} {
		if kl := KL(pair[0], pair[1]); !math.IsNaN(kl) {
			t.Errorf("KL(%v) = %v", pair, kl)
		}
		if se := StandardError(pair[0], pair[1]); !math.IsNaN(se) {
			t.Errorf("StandardError(%v) = %v", pair, se)
		}
		if d := KLTerms(make([]float64, 2), pair[0], pair[1]); !math.IsNaN(d[0]) || !math.IsNaN(d[1]) {
			t.Errorf("KLTerms(%v) = %v", pair, d)
		}
	}
}

// histograms gives random pairs of histograms, some with empty bins.
func histograms(seed uint64, pairs int, check func(reference, window []int64)) {
	r := rand.New(rand.NewPCG(seed, 0))
	for range pairs {
		k := 1 + r.IntN(30)
		reference, window := make([]int64, k), make([]int64, k)
		size := math.Pow(10, 6*r.Float64())
		for b := range k {
			if r.IntN(5) > 0 {
				reference[b] = int64(size * r.ExpFloat64())
			}
			if r.IntN(5) > 0 {
				window[b] = int64(100 * r.ExpFloat64())
			}
		}
		reference[r.IntN(k)]++
		window[r.IntN(k)]++
		check(reference, window)
	}
}

func TestKLProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	histograms(1, 5000, func(reference, window []int64) {
		kl := KL(reference, window)
		if !(kl >= 0) || math.IsInf(kl, 0) {
			t.Fatalf("KL(%v, %v) = %v", reference, window, kl)
		}
		if same := KL(reference, reference); same > 1e-15 {
			t.Errorf("KL(%v, itself) = %v", reference, same)
		}
		sum := 0.0
		for b, d := range KLTerms(make([]float64, len(window)), reference, window) {
			if !(d >= 0) {
				t.Errorf("term %d of KL(%v, %v) = %v", b, reference, window, d)
			}
			sum += d
		}
		if !near(sum, kl, 1e-12) {
			t.Errorf("terms of KL(%v, %v) sum to %v, want %v", reference, window, sum, kl)
		}
		if se := StandardError(reference, window); !(se >= 0) || math.IsInf(se, 0) {
			t.Errorf("StandardError(%v, %v) = %v", reference, window, se)
		}
		// An unseen share takes from the rest: KL >= -ln(1 - share).
		var unseen, m float64
		m = float64(len(window)) / 2
		for b, c := range window {
			if reference[b] == 0 {
				unseen += float64(c) / (float64(total(window)) + m)
			}
		}
		if kl < -math.Log1p(-unseen)-1e-12 {
			t.Errorf("KL(%v, %v) = %v with %v unseen", reference, window, kl, unseen)
		}
		r.Shuffle(len(window), func(i, j int) {
			reference[i], reference[j] = reference[j], reference[i]
			window[i], window[j] = window[j], window[i]
		})
		if permuted := KL(reference, window); !near(permuted, kl, 1e-12) {
			t.Errorf("KL = %v, permuted %v", kl, permuted)
		}
	})
}

func TestMergingBinsNeverRaisesKL(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	histograms(2, 5000, func(reference, window []int64) {
		if len(window) < 2 {
			return
		}
		const m = 2.5
		before := smoothedKL(reference, window, m)
		i := r.IntN(len(window) - 1)
		merge := func(counts []int64) []int64 {
			merged := append([]int64(nil), counts[:i]...)
			return append(append(merged, counts[i]+counts[i+1]), counts[i+2:]...)
		}
		if after := smoothedKL(merge(reference), merge(window), m); after > before+1e-12 {
			t.Errorf("KL(%v, %v) = %v, with bins %d and %d merged %v", reference, window, before, i, i+1, after)
		}
	})
}

func TestSeverityGradesTheCorrectedDivergence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kl   float64
		want int
	}{{0, 0}, {0.0999, 0}, {0.1, 1}, {0.5, 1}, {0.5001, 2}, {math.Inf(1), 2}, {math.NaN(), 0}} {
		if got := Severity(c.kl); got != c.want {
			t.Errorf("Severity(%v) = %d, want %d", c.kl, got, c.want)
		}
	}
}

func TestWilsonHoldsTheProportion(t *testing.T) {
	t.Parallel()
	if lo, hi := Wilson(0, 0, 2); lo != 0 || hi != 1 {
		t.Errorf("without observations: %v, %v", lo, hi)
	}
	for _, n := range []int64{1, 2, 7, 100, 1e6, 1e12} {
		for _, k := range []int64{0, 1, n / 3, n - 1, n} {
			lo, hi := Wilson(k, n, 1.96)
			p := float64(k) / float64(n)
			if !(0 <= lo && lo <= p && p <= hi && hi <= 1 && lo < hi) {
				t.Errorf("Wilson(%d, %d) = %v, %v", k, n, lo, hi)
			}
		}
	}
}
