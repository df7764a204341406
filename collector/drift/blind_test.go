package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// seen is a reference, and how a window of it is counted by cell.
type seen struct {
	name   string
	b      *Binning
	sample []uint8 // fine code of each row of the reference, by value where they have an order
	others []uint8 // codes of what the reference does not hold
}

// numeric bins numbers as a reference does.
func numeric(t *testing.T, name string, sample []float64) seen {
	t.Helper()
	sorted := slices.Sorted(slices.Values(sample))
	values := slices.Compact(slices.Clone(sorted))
	var b *Binning
	var err error
	var counts []int64
	for _, v := range values {
		from, _ := slices.BinarySearch(sorted, v)
		to, _ := slices.BinarySearch(sorted, math.Nextafter(v, math.Inf(1)))
		counts = append(counts, int64(to-from))
	}
	if Discrete(counts) {
		b, err = NewDiscrete(values, counts, BinOptions{})
	} else {
		edges := QuantileEdges(sorted, MaxFine)
		b, err = NewContinuous(edges, sorted[0], sorted[len(sorted)-1], countBy(edges, sample), BinOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := seen{name: name, b: b, others: []uint8{b.Missing(), b.Invalid(), b.Below(), b.Above()}}
	for _, x := range sorted {
		s.sample = append(s.sample, b.Number(x))
	}
	if first, gaps := b.Gaps(); gaps > 0 {
		s.others = append(s.others, first)
	}
	return s
}

func textual(t *testing.T, name string, sample []string) seen {
	t.Helper()
	b := categorical(t, sample)
	s := seen{name: name, b: b, others: []uint8{b.Missing(), b.Invalid(), b.Category([]byte("never seen"))}}
	for _, x := range slices.Sorted(slices.Values(sample)) {
		s.sample = append(s.sample, b.Category([]byte(x)))
	}
	return s
}

// everyKind is a feature of every kind, in 20,000 rows of a reference.
func everyKind(t *testing.T) []seen {
	t.Helper()
	const rows = 20_000
	r := rand.New(rand.NewPCG(21, 22))
	draw := func(of func() float64) []float64 {
		sample := make([]float64, rows)
		for i := range sample {
			sample[i] = of()
		}
		return sample
	}
	say := func(of func() string) []string {
		sample := make([]string, rows)
		for i := range sample {
			sample[i] = of()
		}
		return sample
	}
	zipf := rand.NewZipf(r, 1.2, 1, 5000)
	classes, err := NewClasses([]string{"false", "true"}, []int64{rows - 50, 50})
	if err != nil {
		t.Fatal(err)
	}
	boolean := seen{name: "boolean", b: classes, sample: append(slices.Repeat([]uint8{0}, rows-50), slices.Repeat([]uint8{1}, 50)...)}
	boolean.others = []uint8{classes.Unseen(), classes.Missing(), classes.Invalid()}
	return []seen{
		numeric(t, "normal", draw(r.NormFloat64)),
		numeric(t, "lognormal", draw(func() float64 { return math.Exp(11 + 2*r.NormFloat64()) })),
		numeric(t, "92 % zeros", draw(func() float64 {
			if r.Float64() < .92 {
				return 0
			}
			return math.Exp(5 + 2*r.NormFloat64())
		})),
		numeric(t, "capped on both sides", draw(func() float64 { return min(max(r.NormFloat64(), -1), 2) })),
		numeric(t, "a default among others", draw(func() float64 {
			if r.Float64() < .06 {
				return -999
			}
			return 50 + 10*r.NormFloat64()
		})),
		numeric(t, "rounded", draw(func() float64 { return math.Round(r.NormFloat64() * 5) })),
		numeric(t, "terms", draw(func() float64 { return []float64{15, 20, 30}[r.IntN(3)] })),
		numeric(t, "rare flag", draw(func() float64 { return float64(max(0, 1-r.IntN(400))) })),
		numeric(t, "constant", draw(func() float64 { return 7 })),
		boolean,
		textual(t, "few categories", say(func() string { return []string{"a", "b", "c", "d"}[min(r.IntN(8), 3)] })),
		textual(t, "50 categories", say(func() string { return strconv.Itoa(r.IntN(50)) })),
		textual(t, "5000 merchants", merchants(r, 5000, rows)),
		textual(t, "categories by Zipf", say(func() string { return fmt.Sprint(zipf.Uint64()) })),
	}
}

// Nothing that moves a tenth of the rows may be invisible. This is the strictest form of the rule
// that ten bins can keep. A tenth of 5,000 rows is taken away: from any single cell, from every
// tenth of the values in their order, or from all in proportion. It is added to any other cell,
// or to any code that is not in the reference. If a cell has fewer rows, all of them are taken,
// and the others are taken from all cells. At least half of the moved rows must leave their cell,
// because a move within a tenth of the numbers, or within a group of rare categories, stays in
// one bin. (With less than a third leaving, 50 equal categories hide it.) The divergence must
// then exceed each of 9,999 divergences without drift.
func TestNoMoveOfATenthIsInvisible(t *testing.T) {
	t.Parallel()
	const n = 5000
	for _, f := range everyKind(t) {
		reference := f.b.Reference()
		null := f.b.Novelty().NewNull(reference, n, 9999, 1)
		floor := 1. / 10_000
		at := make([]float64, f.b.Cells()) // what is expected in a window without drift
		for c, r := range reference {
			at[c] = float64(r) / float64(total(reference)) * n
		}
		if p := null.Test(KL(reference, rounded(at)), n, total(reference)).PValue; p < .5 {
			t.Errorf("%s: without any move p = %v", f.name, p)
		}
		targets := map[int]bool{}
		for c, r := range reference {
			if r > 0 {
				targets[c] = true
			}
			// Rows that go to a cell with most of the rows are only seen if the cell has a single
			// value.
			if label := f.b.Bins()[f.b.BinOf(c)]; at[c] > n/2 && (label == Other || strings.ContainsAny(label, "[(")) {
				t.Errorf("%s: %s holds %.2f of the reference in one cell", f.name, label, at[c]/n)
			}
		}
		for _, code := range f.others {
			targets[f.b.Cell(code)] = true
		}
		moves := 0
		for name, source := range f.sources(at, n/10) {
			for to := range targets {
				if source[to] > n/20 {
					continue // it stays in part where it is
				}
				window := slices.Clone(at)
				for c, x := range source {
					window[c] -= x
				}
				window[to] += n / 10
				moves++
				if p := null.Test(KL(reference, rounded(window)), n, total(reference)).PValue; p > floor {
					t.Errorf("%s: a tenth of %s to cell %d (%.4f of the reference): p = %v", f.name, name, to, at[to]/n, p)
				}
			}
		}
		if moves < 2 {
			t.Errorf("%s: %d moves", f.name, moves)
		}
	}
}

// sources are ways to take this number of rows, by cell.
func (f seen) sources(at []float64, rows float64) map[string][]float64 {
	sources := map[string][]float64{"all": f.share(at, rows, nil)}
	for c, x := range at {
		if x > 0 {
			only := make([]float64, len(at))
			only[c] = min(x, rows)
			sources[fmt.Sprint("cell ", c)] = f.share(at, rows, only)
		}
	}
	for from := 0; from <= 90; from += 5 {
		stretch := make([]float64, len(at))
		codes := f.sample[len(f.sample)*from/100 : len(f.sample)*(from+10)/100]
		for _, code := range codes {
			stretch[f.b.Cell(code)] += rows / float64(len(codes))
		}
		for c := range stretch {
			stretch[c] = min(stretch[c], at[c])
		}
		sources[fmt.Sprint("values from ", from, " %")] = f.share(at, rows, stretch)
	}
	return sources
}

// share adds to taken until it contains this number of rows, from all cells in proportion.
func (f seen) share(at []float64, rows float64, taken []float64) []float64 {
	source := make([]float64, len(at))
	copy(source, taken)
	short, left := rows, 0.0
	for c := range at {
		short -= source[c]
		left += at[c] - source[c]
	}
	for c := range at {
		if short > 1e-9 {
			source[c] += (at[c] - source[c]) * short / left
		}
	}
	return source
}

// rounded returns whole counts with the same sum.
func rounded(at []float64) []int64 {
	counts := make([]int64, len(at))
	upTo, given := 0.0, int64(0)
	for c, x := range at {
		upTo += x
		counts[c] = int64(math.Round(upTo)) - given
		given += counts[c]
	}
	return counts
}
