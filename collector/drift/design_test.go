package drift

import (
	"math"
	"slices"
	"testing"
)

// rowsAt draws rows one after the other, given the one before.
type rowsAt func(r *random, before int) int

// alike makes groups of "size" consecutive rows that are the same.
func alike(size, bins int) rowsAt {
	left := 0
	return func(r *random, before int) int {
		if left == 0 {
			left, before = size, int(r.below(uint64(bins)))
		}
		left--
		return before
	}
}

// sticky repeats the row before with probability p. In every direction the autocorrelations are
// the powers of p, and the design effect is (1 + p) / (1 - p).
func sticky(p float64, bins int) rowsAt {
	return func(r *random, before int) int {
		if r.unit() < p {
			return before
		}
		return int(r.below(uint64(bins)))
	}
}

// learned returns a design that has seen this number of ticks with 15 rows each.
func learned(bins, ticks int, seed uint64, rows rowsAt) *design {
	d, r, at := newDesign(bins), newRandom(seed), 0
	piece := make([]int64, bins)
	for range ticks {
		clear(piece)
		for range perTick {
			at = rows(r, at)
			piece[at]++
		}
		d.add(piece)
	}
	return d
}

func TestDesignEffectIsThatOfTheTraffic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows func() rowsAt
		want float64
	}{
		{"independent", func() rowsAt { return alike(1, 10) }, 1},
		{"batches of 5 equal rows", func() rowsAt { return alike(5, 10) }, 5},
		{"batches of 20 equal rows", func() rowsAt { return alike(20, 10) }, 20},
		{"batches of 100 equal rows", func() rowsAt { return alike(100, 10) }, 100},
		{"a row repeats the one before in half of all cases", func() rowsAt { return sticky(.5, 10) }, 3},
		{"a row repeats the one before in nine of ten cases", func() rowsAt { return sticky(.9, 10) }, 19},
		{"two bins, batches of 20", func() rowsAt { return alike(20, 2) }, 20},
	} {
		var near, mean []float64
		for seed := range uint64(9) {
			bins := 10
			if test.name == "two bins, batches of 20" {
				bins = 2
			}
			e := learned(bins, 12_000, seed, test.rows()).effects
			near, mean = append(near, e.near), append(mean, e.mean)
		}
		slices.Sort(near)
		slices.Sort(mean)
		if got := near[4]; got < .85*test.want || got > 1.35*test.want {
			t.Errorf("%s: largest effect %v, want about %v", test.name, near, test.want)
		}
		if got := mean[4]; got < .7*test.want || got > 1.1*test.want {
			t.Errorf("%s: mean effect %v, want about %v", test.name, mean, test.want)
		}
	}
}

// If only one direction varies more, the largest effect is the effect in this direction, and the
// mean hardly rises.
func TestDesignEffectIsThatOfTheWorstDirection(t *testing.T) {
	t.Parallel()
	left, common := 0, false
	e := learned(10, 12_000, 1, func(r *random, _ int) int {
		if left == 0 {
			left, common = 20, r.below(2) == 0
		}
		left--
		// One half of the bins or the other, .7 to .3.
		half := uint64(0)
		if (r.unit() < .7) != common {
			half = 5
		}
		return int(half + r.below(5))
	}).effects
	// The correlation within a batch is .4^2 in that direction, 0 in eight others.
	want := 1 + 19*.16
	if e.near < .85*want || e.near > 1.3*want {
		t.Errorf("largest effect %v, want about %v", e.near, want)
	}
	if mean := 1 + 19*.16/9; e.mean < .85*mean || e.mean > 1.1*mean {
		t.Errorf("mean effect %v, want about %v", e.mean, mean)
	}
}

// A change of level is either found within 8,192 rows or it is slow. Until then it must not be
// taken for dependence, and later hardly.
func TestDriftIsNotTakenForDependence(t *testing.T) {
	t.Parallel()
	quiet, drifted := rowsOf(equalShares(10)), rowsOf(shifted(.5, 1))
	for seed := range uint64(5) {
		d, r := newDesign(10), newRandom(seed)
		piece := make([]int64, 10)
		fold := func(m *multinomial, rows int) {
			for range rows / perTick {
				m.draw(r, piece)
				d.add(piece)
			}
		}
		fold(quiet, 45_000)
		before := d.effects
		fold(drifted, 8000)
		if d.effects.near > max(before.near, 1.2) {
			t.Errorf("seed %d: after 8,000 drifted rows %+v, before %+v", seed, d.effects, before)
		}
		fold(drifted, 150_000)
		if d.effects.near > 1.5 {
			t.Errorf("seed %d: after 158,000 drifted rows %+v", seed, d.effects)
		}
	}
}

// A tick of thousands of rows comes in pieces, which are long blocks.
func TestLargePiecesAreLongBlocks(t *testing.T) {
	t.Parallel()
	d, r := newDesign(10), newRandom(1)
	rows := newMultinomial(parts(equalShares(10)), 1000)
	piece := make([]int64, 10)
	for range 600 {
		rows.draw(r, piece)
		d.add(piece)
	}
	for i, c := range d.scales {
		if long := i > 2; (c != nil && c.used.number > 0) != long {
			t.Errorf("pairs of scale %d: %+v", i, c)
		}
	}
	if d.effects.far > 1.5 {
		t.Errorf("effects %+v of independent rows", d.effects)
	}
}

func TestDesignEffectsAreFinite(t *testing.T) {
	t.Parallel()
	for _, bins := range []int{1, 2, 3, 40} {
		for _, rows := range []int64{1, 15, 16, 1000} {
			d := newDesign(bins)
			for tick := range 2000 {
				piece := make([]int64, bins)
				piece[tick/500%bins] = rows
				d.add(piece)
			}
			e := d.careful()
			for _, v := range []float64{e.near, e.far, e.mean} {
				if !(v >= 1 && v < 1e6) {
					t.Errorf("%d bins, %d rows a tick: %+v", bins, rows, e)
				}
			}
		}
	}
}

// The same rows in other ticks are other blocks, but have nearly the same effects. The same ticks
// have exactly the same effects.
func TestDesignIsAFunctionOfTheTicks(t *testing.T) {
	t.Parallel()
	a, b := learned(10, 5000, 3, alike(20, 10)), learned(10, 5000, 3, alike(20, 10))
	c := a.clone()
	piece := []int64{15, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for range 3000 {
		a.add(piece)
		b.add(piece)
	}
	if a.effects != b.effects || a.effects == c.effects {
		t.Errorf("%+v, %+v, before %+v", a.effects, b.effects, c.effects)
	}
	for range 3000 {
		c.add(piece)
	}
	if a.effects != c.effects {
		t.Errorf("%+v, of a copy %+v", a.effects, c.effects)
	}
}

func TestSpectrumAgreesWithNumPy(t *testing.T) {
	t.Parallel()
	type answer struct {
		Trace, Largest float64
		Bins           float64
	}
	var question struct{ Samples [][][2][]int64 }
	r := newRandom(5)
	for _, shares := range [][]float64{equalShares(10), {.6, .3, .1}, {.995, .005}, {.5, .3, .1, .05, .03, .015, .004, .001}} {
		var sample [][2][]int64
		for i := range 80 {
			rows := newMultinomial(parts(shares), int64(64+i%7))
			pair := [2][]int64{make([]int64, len(shares)), make([]int64, len(shares))}
			for _, block := range pair {
				rows.draw(r, block)
				block[0] += int64(r.below(20)) // they are not independent
			}
			sample = append(sample, pair)
		}
		question.Samples = append(question.Samples, sample)
	}
	var want []answer
	ask(t, "design.py", question, &want)
	for i, sample := range question.Samples {
		bins := len(sample[0][0])
		var c contrasts
		s, scratch := newSpectrum(bins), make([]float64, bins)
		for _, pair := range sample {
			var blocks [2]block
			for side, counts := range pair {
				for _, n := range counts {
					blocks[side].counts = append(blocks[side].counts, float64(n))
					blocks[side].rows += float64(n)
				}
			}
			c.add(&blocks[0], &blocks[1], scratch)
		}
		trace, occupied := s.standardize(&c)
		if !relative(trace, want[i].Trace, 1e-9) || occupied != want[i].Bins {
			t.Errorf("sample %d: trace %v of %v bins, numpy says %+v", i, trace, occupied, want[i])
		}
		if largest := s.eigenvalue(); !relative(largest, want[i].Largest, 0.02) {
			t.Errorf("sample %d: largest eigenvalue %v, numpy says %v", i, largest, want[i].Largest)
		}
	}
}

func TestSpikeIsWhatTheEigenvalueCameFrom(t *testing.T) {
	t.Parallel()
	// By Baik and Silverstein a spike of l appears as l + l g / (l - 1), g = p/n.
	for _, l := range []float64{3, 10, 30} {
		for _, n := range []float64{20, 100, 1000} {
			if got := spike(l+l*9/n/(l-1), n, 9); !near(got, l, 1e-9) && l > 5 {
				t.Errorf("spike of %v among %v draws = %v", l, n, got)
			}
		}
	}
	if got := spike(1.1, 1000, 9); got != 1 {
		t.Errorf("an eigenvalue that chance explains is a spike of %v", got)
	}
	if got := spike(math.Inf(1), 1, 9); got != 1 {
		t.Errorf("one pair shows a spike of %v", got)
	}
}

// Logs at high rates are counted elsewhere, in pieces of any length. Those of more than 2,000 rows
// are compared on the last scale only; the evidence rule then divides by that effect.
func TestLongPiecesHaveTheirDesignEffect(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{1, 20} {
		d, r, piece := newDesign(10), newRandom(7), make([]int64, 10)
		for range 400 {
			clear(piece)
			for range 5000 / size {
				piece[r.below(10)] += size
			}
			d.add(piece)
		}
		if e := d.effects; e.near < 0.7*float64(size) || e.near > 1.6*float64(size)+1 || e.near != e.far || e.mean < 0.6*float64(size) {
			t.Errorf("batches of %d equal rows: effects %+v", size, e)
		}
	}
}

func TestLongPiecesAreJudged(t *testing.T) {
	t.Parallel()
	reference := slices.Repeat([]int64{1000}, 10)
	for _, drifted := range []bool{false, true} {
		d, r := NewDetector(reference, DetectorOptions{Tolerance: 0.02, FalseAlarmsPerMonth: 1, Distributions: 15}), newRandom(8)
		rows, window := NewPieces(10), make([]int64, 10)
		found := false
		for tick := range 300 {
			counts := make([]int64, 10)
			for range 5000 / 20 { // batches of 20 equal rows
				b := r.below(10)
				if drifted && tick > 150 && r.unit() < 0.4 {
					b = 0
				}
				counts[b] += 20
			}
			rows.Reset()
			rows.AddCounts(counts)
			copy(window, counts)
			if err := d.Tick(Tick{Rows: rows, Window: window, Null: func(n int64) (*Null, error) { return NewNull(reference, n, 99, 1), nil }}); err != nil {
				t.Fatal(err)
			}
			found = found || d.Detected()
		}
		if found != drifted {
			t.Errorf("drifted %v, found %v: evidence %v of %v", drifted, found, d.LogEvidence(), d.Threshold())
		}
	}
}
