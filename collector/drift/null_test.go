package drift

import (
	"math"
	"slices"
	"testing"
)

// exactP is the p-value over all of the ascending draws.
func exactP(draws []float64, kl float64) float64 {
	below, _ := slices.BinarySearch(draws, kl-1e-12)
	return float64(1+len(draws)-below) / float64(len(draws)+1)
}

// drawn returns the draws of NewNull with these arguments.
func drawn(reference []int64, n int64, samples int, seed uint64) []float64 {
	draws := make([]float64, samples)
	drawDivergences(draws, newPairs(reference, Novelty{}, n), float64(len(reference))/2, newRandom(seed))
	return draws
}

var references = map[string][]int64{
	"equal":    slices.Repeat([]int64{10_000}, 10),
	"skewed":   {50_000, 25_000, 12_000, 6000, 3000, 1500, 700, 500},
	"two":      {7000, 3000},
	"with gap": {4000, 0, 3000, 0, 3000, 0},
	"small":    {30, 40, 30},
	"huge":     {1e12, 2e11, 5e9, 1},
}

func TestCondensedNullKeepsThePValues(t *testing.T) {
	t.Parallel()
	for name, reference := range references {
		for _, n := range []int64{50, 150, 151, 1000, 100_000} {
			if canEnumerate(occupied(reference), n) {
				continue // not drawn
			}
			for _, samples := range []int{999, 9999} {
				draws := drawn(reference, n, samples, 3)
				null := NewNull(reference, n, samples, 3)
				if len(null.knots) > keepAll {
					t.Errorf("%s: %d knots", name, len(null.knots))
				}
				slices.Sort(draws)
				before, at := 1.0, 0.0
				for i, kl := range draws {
					want := exactP(draws, kl)
					got := null.PValue(kl)
					tolerance := 1.1e-3
					if i >= len(draws)-tailKnots || len(draws) <= keepAll {
						tolerance = 1e-15
					}
					if !near(got, want, tolerance) {
						t.Fatalf("%s, n = %d: p(%v) = %v, want %v", name, n, kl, got, want)
					}
					if got > before+1e-15 || got <= 0 || got > 1 {
						t.Fatalf("%s, n = %d: p(%v) = %v after p(%v) = %v", name, n, kl, got, at, before)
					}
					before, at = got, kl
				}
				if p := null.PValue(draws[samples-1] + 1); p != 1/float64(samples+1) {
					t.Errorf("%s: p beyond all draws = %v", name, p)
				}
				sum := 0.0
				for _, d := range draws {
					sum += d
				}
				if mean := sum / float64(samples); !near(mean, null.Mean(), 1e-12) {
					t.Errorf("%s: mean = %v, want %v", name, null.Mean(), mean)
				}
			}
		}
	}
}

func TestPValueOfEveryValueIsInItsRange(t *testing.T) {
	t.Parallel()
	for name, reference := range references {
		null := NewNull(reference, 200, 2999, 4)
		for _, kl := range []float64{0, 1e-300, 1e-9, 0.01, 0.1, 1, 100, math.Inf(1), -1, math.NaN()} {
			if p := null.PValue(kl); !(p > 0 && p <= 1) {
				t.Errorf("%s: p(%v) = %v", name, kl, p)
			}
		}
		if p := null.PValue(math.NaN()); p != 1 {
			t.Errorf("%s: p(NaN) = %v", name, p)
		}
		if p := null.PValue(0); p != 1 {
			t.Errorf("%s: p(0) = %v", name, p)
		}
	}
}

func TestNullWithoutSpreadKnowsOnlyZero(t *testing.T) {
	t.Parallel()
	for _, null := range []*Null{
		NewNull([]int64{1000}, 100, 999, 1),
		NewNull([]int64{1000, 0, 0}, 100, 999, 1),
		NewNull([]int64{0, 0}, 100, 999, 1),
		NewNull([]int64{3, 4}, 0, 999, 1),
	} {
		if null.Mean() != 0 || null.PValue(0) != 1 || null.PValue(0.01) != 0.001 {
			t.Errorf("mean %v, p(0) = %v, p(0.01) = %v", null.Mean(), null.PValue(0), null.PValue(0.01))
		}
		if got := null.Test(0, null.Size(), null.reference); got.PValue != 1 || got.NoiseFloor != 0 {
			t.Errorf("%+v", got)
		}
	}
}

func TestReferenceIsDrawnUnlessMuchLarger(t *testing.T) {
	t.Parallel()
	// At n_ref = n the reference doubles the noise; at 200 n it is left out.
	one, two := []int64{100_000, 100_000}, []int64{500, 500}
	const n = 1000
	if ratio := NewNull(two, n, 9999, 1).Mean() / NewNull(one, n, 9999, 1).Mean(); !near(ratio, 2, 0.1) {
		t.Errorf("noise floor with a reference of the window's size is %v times that of a known one", ratio)
	}
}

func TestNullIsTheSameInEveryProcess(t *testing.T) {
	t.Parallel()
	reference := []int64{992, 1023, 961, 1003, 999, 1007, 1021, 1043, 962, 989}
	for _, c := range []struct {
		n       int64
		p, mean float64
	}{
		{40, 0.23047339291540916, 0.10656600286276466},
		{100, 0.22773567767036298, 0.044842577390575782},
		{1000, 0.22718191066362856, 0.0049759482012038921},
	} {
		null := NewNull(reference, c.n, 9999, seed(fingerprint("loan_refinance/credit_score", reference), c.n))
		p := null.PValue(1.3 * null.Mean())
		if !near(p, c.p, 1e-12) || !near(null.Mean(), c.mean, 1e-12) {
			t.Errorf("n = %d: p = %.17g, mean = %.17g", c.n, p, null.Mean())
		}
	}
}

func TestSeedDependsOnAllOfItsParts(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for name, s := range map[string]uint64{
		"base":  seed(fingerprint("a", []int64{1, 2}), 50),
		"key":   seed(fingerprint("b", []int64{1, 2}), 50),
		"order": seed(fingerprint("a", []int64{2, 1}), 50),
		"bins":  seed(fingerprint("a", []int64{1, 2, 0}), 50),
		"size":  seed(fingerprint("a", []int64{1, 2}), 51),
		"empty": seed(fingerprint("", nil), 50),
	} {
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s have the same seed", name, other)
		}
		seen[s] = name
	}
}
