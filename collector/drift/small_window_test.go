package drift

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

// smallReferences are shapes of references that windows of few rows are held against.
var smallReferences = map[string][]int64{
	"ten equal, two empty": append(slices.Repeat([]int64{1000}, 10), 0, 0),
	"ten equal, small":     append(slices.Repeat([]int64{40}, 10), 0, 0),
	"three levels":         {6000, 3000, 1000, 0, 0, 0},
	"a rare level":         {9900, 100, 0, 0, 0},
	"twenty of Zipf":       zipf(20),
	"many zeros":           append(append([]int64{7000}, slices.Repeat([]int64{333}, 9)...), 0, 0),
	"two halves":           {5000, 5000, 0, 0, 0},
	"with missing":         append(slices.Repeat([]int64{900}, 10), 1000, 0),
	"rare cells of .5 %":   append(slices.Repeat([]int64{50}, 20), 9000, 0, 0),
}

func zipf(n int) []int64 {
	var all []int64
	for i := range n {
		all = append(all, int64(5000/(i+1)))
	}
	return append(all, 0, 0)
}

// TestGKeepsItsLevelBelowFiftyRows: the moments of windows of 50 serve the 25 to 49
// independent rows that a window of dependent ones may be worth. More draws:
// DRIFT_TEST_DRAWS=2000000.
func TestGKeepsItsLevelBelowFiftyRows(t *testing.T) {
	t.Parallel()
	draws := 40_000
	if n, err := strconv.Atoi(os.Getenv("DRIFT_TEST_DRAWS")); err == nil {
		draws = n
	}
	for name, reference := range smallReferences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moments := NewNull(reference, MinPredictions, DefaultSamples, 1).G()
			for _, n := range []int64{fewest, 35, MinPredictions - 1} {
				pairs := newPairs(reference, Novelty{}, n)
				r := newRandom(uint64(n))
				below := map[float64]int{}
				for range draws {
					pairs.draw(r)
					p := GPValue(flooredG(pairs.drawn, pairs.window, len(reference)), len(reference), moments)
					for _, level := range []float64{1e-2, 1e-3, 1e-4, 1e-5} {
						if p < level {
							below[level]++
						}
					}
				}
				said := ""
				for _, level := range []float64{1e-2, 1e-3, 1e-4, 1e-5} {
					expected := level * float64(draws)
					said += fmt.Sprintf(" %g: %.2f", level, float64(below[level])/expected)
					if room := 1.3*expected + 5*math.Sqrt(expected) + 2; float64(below[level]) > room {
						t.Errorf("%d rows: %d of %d windows without drift are below %g, want at most %.0f", n, below[level], draws, level, room)
					}
				}
				t.Logf("%d rows, observed / promised:%s", n, said)
			}
		})
	}
}
