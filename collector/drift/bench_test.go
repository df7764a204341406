package drift

import (
	"fmt"
	"slices"
	"testing"
)

func BenchmarkKL(b *testing.B) {
	reference := slices.Repeat([]int64{10_000}, 10)
	window := []int64{96, 104, 109, 97, 94, 94, 86, 109, 105, 106}
	for b.Loop() {
		KL(reference, window)
	}
}

func BenchmarkNewNull(b *testing.B) {
	for _, c := range []struct {
		name    string
		n, nref int64
	}{
		{"one-sample", 1000, 1_000_000}, {"two-sample", 1000, 100_000}, {"two-sample", 100, 10_000}, {"one-sample", 100, 100_000},
	} {
		b.Run(fmt.Sprintf("%s/K=10/n=%d", c.name, c.n), func(b *testing.B) {
			reference := slices.Repeat([]int64{c.nref / 10}, 10)
			for b.Loop() {
				NewNull(reference, c.n, DefaultSamples, 1)
			}
		})
	}
}

func BenchmarkNullTest(b *testing.B) {
	null := NewNull(slices.Repeat([]int64{10_000}, 10), 1000, DefaultSamples, 1)
	kl := null.Mean()
	for b.Loop() {
		kl += 1e-9
		null.Test(kl, 990, 100_000)
	}
}

func BenchmarkNullsGet(b *testing.B) {
	n := NewNulls(999, 1)
	defer n.Close()
	reference := slices.Repeat([]int64{10_000}, 10)
	for b.Loop() {
		if _, err := n.Get(b.Context(), "loan_refinance/1/credit_score", reference, Novelty{}, 990, 1000); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNumber is of numbers that are spread evenly, and of amounts: a Pareto
// distribution of shape 1, of which most lie in a thousandth of the range.
func BenchmarkNumber(b *testing.B) {
	even := func(u float64) float64 { return u }
	amounts := func(u float64) float64 { return 1 / (1 - u) }
	for _, c := range []struct {
		name  string
		edges int
		draw  func(u float64) float64
	}{{"even/edges=9", 9, even}, {"even/edges=199", 199, even}, {"amounts/edges=199", 199, amounts}} {
		edges := c.edges
		b.Run(c.name, func(b *testing.B) {
			r := newRandom(1)
			sample := make([]float64, 8192)
			for i := range sample {
				sample[i] = c.draw(r.unit())
			}
			e, lo, hi, counts := fineOf(sample, edges+1)
			binning, err := NewContinuous(e, lo, hi, counts, BinOptions{})
			if err != nil {
				b.Fatal(err)
			}
			sum, i := uint8(0), 0
			for b.Loop() {
				sum += binning.Number(sample[i&8191])
				i++
			}
			_ = sum
		})
	}
}

func BenchmarkCategory(b *testing.B) {
	binning, err := NewCategorical([]string{"RENT", "OWN", "MORTGAGE"}, []int64{40, 10, 50}, nil)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("MORTGAGE")
	for b.Loop() {
		binning.Category(text)
	}
}

// BenchmarkNewNullOfFewCells is what a scrape pays for each such feature while a
// window fills.
func BenchmarkNewNullOfFewCells(b *testing.B) {
	for _, c := range []struct {
		name      string
		reference []int64
		n         int64
	}{
		{"two/n=100", []int64{99_000, 1000}, 100}, {"two/n=1000", []int64{99_000, 1000}, 1000}, {"two/n=5000", []int64{50_000, 50_000}, 5000},
		{"three/n=100", []int64{60_000, 30_000, 10_000}, 100}, {"four/n=495", []int64{60_000, 20_000, 10_000, 10_000}, 495},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				NewNull(c.reference, c.n, DefaultSamples, 1)
			}
		})
	}
}

// BenchmarkRareCategory looks up names beyond those that are known one by one.
func BenchmarkRareCategory(b *testing.B) {
	sample := make([]string, 60_000)
	for i := range sample {
		sample[i] = fmt.Sprint("merchant ", i/2)
	}
	binning := categorical(b, sample)
	for _, name := range []string{"merchant 29999", "new"} {
		b.Run(name, func(b *testing.B) {
			text := []byte(name)
			for b.Loop() {
				binning.Category(text)
			}
		})
	}
}
