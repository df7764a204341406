package drift

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// fuzzed returns the counts of two histograms over the same bins, at most 40. Each count is at
// most 2^40. The histograms may be empty.
func fuzzed(data []byte) (reference, window []int64) {
	const each = 12
	for ; len(data) >= each && len(reference) < 40; data = data[each:] {
		r, c := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		reference = append(reference, int64(r)>>(data[8]%32)<<(data[9]%9))
		window = append(window, int64(c)>>(data[10]%32)<<(data[11]%9))
	}
	return reference, window
}

// FuzzDivergence checks what is documented about any two histograms.
func FuzzDivergence(f *testing.F) {
	bins := func(counts ...uint32) []byte {
		var data []byte
		for i := 0; i < len(counts); i += 2 {
			data = binary.LittleEndian.AppendUint32(data, counts[i])
			data = binary.LittleEndian.AppendUint32(data, counts[i+1])
			data = append(data, 0, 0, 0, 0)
		}
		return data
	}
	f.Add(bins(60_000, 20, 30_000, 40, 10_000, 40), uint8(0))
	f.Add(bins(1000, 0, 0, 60), uint8(1))
	f.Add(bins(7, 100), uint8(0))
	f.Add(bins(0, 10, 0, 0), uint8(3))
	f.Add(bins(math.MaxUint32, math.MaxUint32, 1, math.MaxUint32, 0, 0), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, at uint8) {
		reference, window := fuzzed(data)
		kl, g := KL(reference, window), G(reference, window)
		n, nref := total(window), total(reference)
		if n == 0 || nref == 0 {
			if !math.IsNaN(kl) || !math.IsNaN(g) {
				t.Fatalf("of nothing: KL %v, G %v", kl, g)
			}
			return
		}
		if !(kl >= 0) || math.IsInf(kl, 0) || !(g >= 0) || math.IsInf(g, 0) {
			t.Fatalf("KL(%v, %v) = %v, G = %v", reference, window, kl, g)
		}
		if same := KL(reference, reference); same > 1e-14 {
			t.Errorf("KL(%v, itself) = %v", reference, same)
		}
		if se := StandardError(reference, window); !(se >= 0) || math.IsInf(se, 0) {
			t.Errorf("StandardError(%v, %v) = %v", reference, window, se)
		}
		terms := KLTerms(make([]float64, len(window)), reference, window)
		sum := 0.0
		for _, d := range terms {
			sum += d
		}
		if !(slices.Min(terms) >= 0) || !near(sum, kl, 1e-12*(1+kl)) {
			t.Errorf("terms %v of KL(%v, %v) = %v", terms, reference, window, kl)
		}
		if len(window) > 1 {
			checkMerged(t, reference, window, int(at)%(len(window)-1))
		}
		slices.Reverse(reference)
		slices.Reverse(window)
		if got := KL(reference, window); !near(got, kl, 1e-12*(1+kl)) {
			t.Errorf("KL(%v, %v) = %v, the other way round %v", reference, window, got, kl)
		}
		checkDistances(t, reference, window)
		if at%8 == 0 {
			checkBlocks(t, reference, window)
		}
		checkNullOf(t, reference, n, kl, g)
	})
}

// checkDistances checks the ranges of the other distances.
func checkDistances(t *testing.T, reference, window []int64) {
	t.Helper()
	for _, m := range measures {
		d := m.of(reference, window)
		if !(d >= 0 && d <= m.most) || math.IsInf(d, 0) {
			t.Errorf("%s(%v, %v) = %v", m.name, reference, window, d)
		}
		if back := m.of(window, reference); m.symmetric && !near(d, back, 1e-12) {
			t.Errorf("%s(%v, %v) = %v, the other way round %v", m.name, reference, window, d, back)
		}
	}
	places := make([]float64, len(reference))
	for b := range places {
		places[b] = float64(b)
	}
	axis := NewAxis(reference, places, 0, float64(len(places)), 1)
	fine := append(slices.Clone(window), 1, 2, 5, 3, 4)
	if d := axis.KolmogorovSmirnov(fine); !(d >= 0 && d <= 1) {
		t.Errorf("KolmogorovSmirnov of %v and %v = %v", reference, fine, d)
	}
	if d := axis.Wasserstein(fine); !(d >= 0 && d <= float64(len(places))) {
		t.Errorf("Wasserstein of %v and %v = %v", reference, fine, d)
	}
}

// checkBlocks cuts the window into equal blocks, except for the remainder.
func checkBlocks(t *testing.T, reference, window []int64) {
	t.Helper()
	blocks := make([]int64, Blocks*len(window))
	for i := range blocks {
		b := i % len(window)
		if blocks[i] = window[b] / Blocks; i < len(window) {
			blocks[i] += window[b] % Blocks
		}
	}
	got, ok := BlockBootstrap("f", reference, blocks)
	if !ok && total(window) >= MinBlockPredictions && len(occupied(window)) > 1 {
		t.Errorf("blocks %v with %v say nothing", blocks, reference)
	}
	if ok && !(got.PValue > 0 && got.PValue <= 1 && got.DesignEffect >= 1 && !math.IsInf(got.DesignEffect, 0)) {
		t.Errorf("blocks %v with %v: %+v", blocks, reference, got)
	}
}

// checkMerged merges a bin with the next: with the same m, KL cannot rise.
func checkMerged(t *testing.T, reference, window []int64, at int) {
	t.Helper()
	merged := func(counts []int64) []int64 {
		out := slices.Delete(slices.Clone(counts), at, at+1)
		out[at] += counts[at]
		return out
	}
	m := float64(len(window)) / 2
	before, after := smoothedKL(reference, window, m), smoothedKL(merged(reference), merged(window), m)
	if after > before+1e-12*(1+before) {
		t.Errorf("KL(%v, %v) = %v, with bins %d and %d merged %v", reference, window, before, at, at+1, after)
	}
}

func checkNullOf(t *testing.T, reference []int64, n int64, kl, g float64) {
	t.Helper()
	null := NewNull(reference, n, 99, 1)
	test := null.Test(kl, n, total(reference))
	if !(test.PValue >= 0.01 && test.PValue <= 1) || !(test.NoiseFloor >= 0) || math.IsInf(test.NoiseFloor, 0) {
		t.Errorf("%+v of a KL of %v with a reference %v and %d rows", test, kl, reference, n)
	}
	if more := null.Test(kl*2+1e-9, n, total(reference)); more.PValue > test.PValue {
		t.Errorf("p-value %v of KL %v, but %v of twice that", test.PValue, kl, more.PValue)
	}
	if p := GPValue(g, len(reference), Moments{Mean: 9, Variance: 18, Skewness: 1}); !(p >= 0 && p <= 1) {
		t.Errorf("p-value %v of G = %v", p, g)
	}
}
