package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogramOfKnownNumbers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		numbers      []float64
		want         []HistogramBin
		below, above int64
	}{
		"none":           {nil, nil, 0, 0},
		"one":            {[]float64{3}, []HistogramBin{{3, 3, 1}}, 0, 0},
		"all equal":      {[]float64{0, 0, 0}, []HistogramBin{{0, 0, 3}}, 0, 0},
		"beyond float64": {[]float64{-1.7e308, 1.7e308}, nil, 0, 0},
		"two": {[]float64{-1, 18}, []HistogramBin{
			{-1, 0, 1}, {0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {3, 4, 0}, {4, 5, 0}, {5, 6, 0}, {6, 7, 0}, {7, 8, 0}, {8, 9, 0}, {9, 10, 0},
			{10, 11, 0}, {11, 12, 0}, {12, 13, 0}, {13, 14, 0}, {14, 15, 0}, {15, 16, 0}, {16, 17, 0}, {17, 18, 0}, {18, 19, 1},
		}, 0, 0},
	} {
		if bins, below, above := Histogram(test.numbers); !slices.Equal(bins, test.want) || below != test.below || above != test.above {
			t.Errorf("%s: %v, %d below, %d above", name, bins, below, above)
		}
	}
}

// No number is lost or counted twice, whatever the scale, and extremes do not make the bins wide.
func TestHistogramCountsEveryNumberOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	for range 2000 {
		numbers := make([]float64, 1+random.IntN(1500))
		scale, shift := math.Pow(10, float64(random.IntN(40)-20)), math.Pow(10, float64(random.IntN(40)-20))
		for i := range numbers {
			numbers[i] = shift + scale*random.NormFloat64()
		}
		if len(numbers) > 400 {
			numbers[0], numbers[1] = 1e200, -1e200
		}
		slices.Sort(numbers)
		bins, below, above := Histogram(numbers)
		total := below + above
		for i, b := range bins {
			counted := int64(0)
			for _, x := range numbers {
				if b.From <= x && (x < b.To || x == b.To && len(bins) == 1) {
					counted++
				}
			}
			if counted != b.Count || i > 0 && bins[i-1].To != b.From {
				t.Fatalf("bin %d of %v: %d numbers", i, bins, counted)
			}
			total += b.Count
		}
		if total != int64(len(numbers)) || len(bins) > 22 || len(bins) == 0 || max(below, above) > int64(len(numbers)/100+1) {
			t.Fatalf("%d numbers, %d counted in %d bins, %d below, %d above", len(numbers), total, len(bins), below, above)
		}
	}
}
