package drift

import (
	"math"
	"slices"
	"testing"
)

// A reference of 19,800 no and 200 yes, windows without a single yes. What is right
// is the chance of windows that diverge as much, the sum of scipy.stats.binom.pmf(k,
// n, .01) over these k; .001 is the floor of a null of 999 draws.
func TestAWindowWithoutARareLevelHasThePValueOfChance(t *testing.T) {
	t.Parallel()
	reference := []int64{19_800, 200, 0, 0}
	n := NewNulls(999, 1)
	defer n.Close()
	for size, want := range map[int64]float64{
		51: .613529457719416, 95: .3853026308017258, 100: .3665668757372225, 103: .35578592997462216, 120: .2994115070169432,
		250: .08105851719874736, 300: .04904089407822566, 400: .017950553275045515, 1000: .001,
	} {
		null, err := n.Get(t.Context(), "flag", reference, Novelty{}, size, 1000)
		if err != nil {
			t.Fatal(err)
		}
		got := null.Test(KL(reference, []int64{size, 0, 0, 0}), size, 20_000).PValue
		if !near(got, want, 2e-9) {
			t.Errorf("n = %d: p = %v, want %v", size, got, want)
		}
	}
}

func TestTwoCellsNeverExceedTheirLevel(t *testing.T) {
	t.Parallel()
	nulls := NewNulls(999, 2)
	defer nulls.Close()
	for _, reference := range [][]int64{{19_800, 200, 0}, {10_000, 10_000, 0}, {19_950, 50, 0}, {27_000, 3000, 0}} {
		for _, size := range []int64{50, 51, 64, 95, 103, 198, 253, 505, 999, 1000} {
			null, err := nulls.Get(t.Context(), "f", reference, Novelty{}, size, 1000)
			if err != nil {
				t.Fatal(err)
			}
			level, mean, all := 0.0, 0.0, 0.0
			for _, o := range enumerate(reference[:2], size, 1.5) {
				all += o.probability
				mean += o.probability * o.value
				if null.Test(o.value, size, total(reference)).PValue <= .05 {
					level += o.probability
				}
			}
			if level > .05 || !near(all, 1, 1e-12) || !near(mean, null.Mean(), 1e-12) {
				t.Errorf("%v, n = %d: level %v, mean %v for %v, all %v", reference, size, level, null.Mean(), mean, all)
			}
		}
	}
}

// Three or four cells are drawn at the window's own size: .24 and .08 of windows had
// p <= .05 when their nulls were those of sizes 2.5 % away.
func TestFewCellsKeepTheirLevelWhileAWindowFills(t *testing.T) {
	t.Parallel()
	nulls := NewNulls(9999, 2)
	defer nulls.Close()
	for _, shares := range [][]int64{{9700, 100, 100, 100}, {6000, 3900, 100}, {6000, 3000, 1000}} {
		reference := slices.Clone(shares)
		for i := range reference {
			reference[i] *= 100
		}
		for _, size := range []int64{51, 64, 120, 253} {
			null, err := nulls.Get(t.Context(), "f", reference, Novelty{}, size, 1000)
			if err != nil {
				t.Fatal(err)
			}
			r := newRandom(uint64(size))
			windows, window, rejected := newMultinomial(reference, size), make([]int64, len(reference)), 0
			const tried = 20_000
			for range tried {
				windows.draw(r, window)
				if null.Test(KL(reference, window), size, total(reference)).PValue <= .05 {
					rejected++
				}
			}
			// The standard error is .0015, of the null's own draws .002 more; p-values
			// that take few values stay below the level.
			if level := float64(rejected) / tried; level > .06 {
				t.Errorf("%v, n = %d: %v of windows have p <= .05", shares, size, level)
			}
		}
	}
}

func TestLumpyReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		occupied   []int64
		n          int64
		lumpy, all bool // needs a null of its own; can be enumerated
	}{
		{[]int64{9900, 100}, 50, true, true},
		{[]int64{9900, 100}, 500, true, true},
		{[]int64{9900, 100}, 501, true, false}, // the reference has less than 20 times as many
		{[]int64{9900, 100}, 1000, false, false},
		{[]int64{990_000, 10_000}, 50_000, true, true},
		{[]int64{500_000, 500_000}, 20_000, false, false},
		{[]int64{5000, 4900, 100}, 499, true, false},
		{[]int64{5000, 4900, 100}, 999, true, false},
		{[]int64{5000, 4900, 100}, 1000, false, false},
		{[]int64{500, 300, 100, 99, 1}, 60, false, false},
		{[]int64{500}, 60, false, false},
		{nil, 60, false, false},
	} {
		if got, all := lumpy(c.occupied, c.n), canEnumerate(c.occupied, c.n); got != c.lumpy || all != c.all {
			t.Errorf("%v, n = %d: %v, %v", c.occupied, c.n, got, all)
		}
	}
}

func TestPossibleWindowsMatchTheirProbabilities(t *testing.T) {
	t.Parallel()
	// scipy.stats.binom.pmf(k, 20, .3)
	want := map[int]float64{0: .0007979226629761189, 6: .19163898275344238, 20: 3.4867844009999916e-11}
	all := enumerate([]int64{300, 700}, 20, 1)
	if len(all) != 21 {
		t.Fatalf("%d windows of 20", len(all))
	}
	for k, p := range want {
		if math.Abs(all[k].probability/p-1) > 1e-10 {
			t.Errorf("%d of 20: %v, want %v", k, all[k].probability, p)
		}
	}
}
