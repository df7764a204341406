package drift

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
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

// A short form of CALIBRATION.md's table of many categories: what is exported by
// name, what is grouped and what is expected to be new all depend on the reference.
func TestPValueKeepsItsLevelWithManyCategories(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names   int
		zipf    bool
		known   int
		n       int64
		atLeast float64
	}{
		{50, false, 2000, 1000, .03}, {500, false, 2000, 1000, .03}, {5000, true, 2000, 1000, .03}, {50_000, false, 2000, 1000, .02},
	} {
		truth := make([]int64, c.names)
		for i := range truth {
			if truth[i] = 1e9; c.zipf {
				truth[i] /= int64(i + 1)
			}
		}
		r := newRandom(uint64(c.names))
		table, windows := aliasTable(truth), 0
		rejected, references := 0, min(150, 3_000_000/c.names)
		for range references {
			sample := make([]string, c.known)
			for i := range sample {
				at, fraction := bits.Mul64(r.bits64(), uint64(len(table)))
				if fraction >= table[at].threshold {
					at = uint64(table[at].alias)
				}
				sample[i] = "merchant " + strconv.Itoa(int(at))
			}
			b := categorical(t, sample)
			cells := make([]int64, b.Cells())
			for i, weight := range truth {
				cells[b.Cell(b.Category(strconv.AppendInt([]byte("merchant "), int64(i), 10)))] += weight
			}
			null := b.Novelty().NewNull(b.Reference(), c.n, 99, r.bits64())
			traffic, occupied := pairsOf(cells, c.n)
			for range 20 {
				traffic.draw(r, occupied.drawn)
				windows++
				if null.Test(KL(b.Reference(), occupied.window()), c.n, int64(c.known)).PValue <= .05 {
					rejected++
				}
			}
		}
		level := float64(rejected) / float64(windows)
		t.Logf("%d categories, Zipf %v: %v", c.names, c.zipf, level)
		// The standard error is about .007, most of it from the references.
		if level > .08 || level < c.atLeast {
			t.Errorf("%d categories, Zipf %v: %v of the windows without drift have p <= .05", c.names, c.zipf, level)
		}
	}
}

// spreadOut lays what was drawn for occupied cells out over all of them.
type spreadOut struct {
	drawn []int64
	at    []int
	all   []int64
}

func (s *spreadOut) window() []int64 {
	for i, at := range s.at {
		s.all[at] = s.drawn[i]
	}
	return s.all
}

func pairsOf(cells []int64, n int64) (*multinomial, *spreadOut) {
	s := &spreadOut{all: make([]int64, len(cells))}
	var weights []int64
	for at, w := range cells {
		if w > 0 {
			weights, s.at = append(weights, w), append(s.at, at)
		}
	}
	s.drawn = make([]int64, len(weights))
	return newMultinomial(weights, n), s
}
