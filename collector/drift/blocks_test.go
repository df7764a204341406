package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomBlocks returns a reference smaller than 200 windows, and a window of some hundred rows in
// different blocks. Some bins are empty in one of the two.
func randomBlocks(r *rand.Rand, bins int) (reference []int64, blocks [][]int64) {
	for b := range bins {
		reference = append(reference, int64(1000*r.ExpFloat64()))
		if b > 1 && r.IntN(5) == 0 {
			reference[b] = 0
		}
	}
	reference[0], reference[1] = reference[0]+1, reference[1]+1
	for range Blocks {
		block := make([]int64, bins)
		for b := range block {
			block[b] = int64(float64(reference[b]) / 300 * (0.5 + r.ExpFloat64()))
		}
		block[r.IntN(bins)] += 4
		blocks = append(blocks, block)
	}
	return reference, blocks
}

// batches returns the blocks of a window of n rows in ten bins of equal share. The rows of a
// batch share the part icc of their variance.
func batches(r *rand.Rand, n, batch int, icc float64) []int64 {
	const bins = 10
	blocks := make([]int64, Blocks*bins)
	offset, common := r.IntN(batch), r.NormFloat64()
	for i := range n {
		if (i+offset)%batch == 0 {
			common = r.NormFloat64()
		}
		x := math.Sqrt(icc)*common + math.Sqrt(1-icc)*r.NormFloat64()
		bin := int(math.Erfc(-x/math.Sqrt2) / 2 * bins)
		blocks[i*Blocks/n*bins+min(bin, bins-1)]++
	}
	return blocks
}

func merged(blocks []int64, bins int) []int64 {
	window := make([]int64, bins)
	for i, c := range blocks {
		window[i%bins] += c
	}
	return window
}

// Section 5 of the specification: independent rows .05; batches of 20 that share a
// tenth of their variance .15 by the null, .06 by blocks.
func TestTypeIErrorOfBlocks(t *testing.T) {
	t.Parallel()
	const n, runs = 2000, 600
	equal := slices.Repeat([]int64{100_000}, 10)
	null := NewNull(equal, n, DefaultSamples, 1)
	for _, test := range []struct {
		name        string
		batch       int
		icc         float64
		nref        int64 // drawn again each time, 0: known exactly
		least, most float64
		naive       [2]float64
		effect      [2]float64
	}{
		{"independent", 1, 0, 0, .03, .07, [2]float64{.03, .07}, [2]float64{1, 1.06}},
		{"independent, small reference", 1, 0, 2000, .03, .07, [2]float64{}, [2]float64{1, 1.06}},
		{"batches of 20", 20, .1, 0, .035, .085, [2]float64{.11, .2}, [2]float64{1.1, 1.3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(71, 72))
			draw := newRandom(73)
			rejected, naive, effect := 0, 0, 0.0
			for range runs {
				reference := slices.Clone(equal)
				if test.nref > 0 {
					newMultinomial(equal, test.nref).draw(draw, reference)
				}
				blocks := batches(r, n, test.batch, test.icc)
				got, ok := BlockBootstrap("f", reference, blocks)
				if !ok {
					t.Fatal("a window of 2000 says nothing")
				}
				if got.PValue <= .05 {
					rejected++
				}
				if null.PValue(KL(equal, merged(blocks, 10))) <= .05 {
					naive++
				}
				effect += got.DesignEffect / runs
			}
			t.Logf("blocks reject %d, the null %d of %d; design effect %.3f", rejected, naive, runs, effect)
			if rate := float64(rejected) / runs; !(rate >= test.least && rate <= test.most) {
				t.Errorf("blocks reject %v, want %v to %v", rate, test.least, test.most)
			}
			if rate := float64(naive) / runs; test.naive[1] > 0 && !(rate >= test.naive[0] && rate <= test.naive[1]) {
				t.Errorf("the null rejects %v, want %v", rate, test.naive)
			}
			if !(effect >= test.effect[0] && effect <= test.effect[1]) {
				t.Errorf("the mean design effect is %v, want %v", effect, test.effect)
			}
		})
	}
}

// A shift by half a standard deviation is found, with and without batches. One prediction that is
// not in the reference does not hide it.
func TestBlocksFindDrift(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(74, 75))
	reference := append(slices.Repeat([]int64{100_000}, 10), 0)
	blocks := make([]int64, Blocks*11)
	for i := range 1000 {
		x := 0.5 + r.NormFloat64()
		blocks[i*Blocks/1000*11+int(math.Erfc(-x/math.Sqrt2)/2*10)]++
	}
	blocks[10]++ // in the bin that is empty in the reference
	if got, ok := BlockBootstrap("f", reference, blocks); !ok || got.PValue != 1./(BlockSamples+1) {
		t.Errorf("a shift has %+v", got)
	}
}

// Each block is full of one of two bins. The variance of a share between blocks is then the
// variance of a whole block, so the effect is the size of a block, except for the finite number
// of blocks.
func TestDesignEffectOfIdenticalRows(t *testing.T) {
	t.Parallel()
	var blocks []int64
	for g := range Blocks {
		blocks = append(blocks, int64(g%2)*20, int64(1-g%2)*20)
	}
	got, ok := BlockBootstrap("f", []int64{500, 500}, blocks)
	if want := 20 * float64(Blocks) / (Blocks - 1); !ok || !near(got.DesignEffect, want, 1e-12) {
		t.Errorf("design effect = %v, want %v", got.DesignEffect, want)
	}
	if got.PValue != 1 {
		t.Errorf("a window with the shares of the reference has p = %v", got.PValue)
	}
}

func TestBlocksSayNothingOfTooLittle(t *testing.T) {
	t.Parallel()
	few := make([]int64, 2*Blocks)
	few[0], few[99] = 100, 99
	one := slices.Repeat([]int64{5, 0}, Blocks)
	for name, test := range map[string]struct{ reference, blocks []int64 }{
		"199 rows":           {[]int64{5, 5}, few},
		"one bin":            {[]int64{5, 5}, one},
		"no reference":       {[]int64{0, 0}, slices.Repeat([]int64{5, 5}, Blocks)},
		"an empty histogram": {[]int64{5, 5}, make([]int64, 2*Blocks)},
	} {
		if got, ok := BlockBootstrap("f", test.reference, test.blocks); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBlocksAreDrawnTheSameEveryTime(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(76, 77))
	reference, blocks := randomBlocks(r, 8)
	flat := slices.Concat(blocks...)
	first, _ := BlockBootstrap("f", reference, flat)
	if second, _ := BlockBootstrap("f", reference, flat); second != first {
		t.Errorf("%+v and then %+v", first, second)
	}
	different := false
	for _, key := range []string{"g", "h", "i", "j"} {
		other, _ := BlockBootstrap(key, reference, flat)
		different = different || other.PValue != first.PValue
		if other.DesignEffect != first.DesignEffect {
			t.Error("the design effect depends on the key")
		}
	}
	if !different {
		t.Error("the draws do not depend on the key")
	}
}

func BenchmarkBlockBootstrap(b *testing.B) {
	blocks := batches(rand.New(rand.NewPCG(1, 2)), 1000, 20, .1)
	for name, nref := range map[string]int64{"one-sample": 1_000_000, "two-sample": 100_000} {
		b.Run(name, func(b *testing.B) {
			reference := slices.Repeat([]int64{nref / 10}, 10)
			b.ReportAllocs()
			for b.Loop() {
				BlockBootstrap("f", reference, blocks)
			}
		})
	}
}
