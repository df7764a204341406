package drift

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The bins hold every prediction once, and their gaps add up to the calibration error.
func TestCalibrationBinsAddUpToTheCalibrationError(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 10, 1000} {
		scored := make([]Scored, n)
		for i := range scored {
			scored[i] = Scored{Score: random.Float64(), Positive: random.IntN(2) == 0}
		}
		scored[0].Score = 1
		count, gaps, last := int64(0), 0., -1.
		for _, b := range CalibrationBins(scored) {
			count += b.Count
			gaps += math.Abs(b.Score*float64(b.Count)-float64(b.Positive)) / float64(n)
			if b.Score <= last || b.Positive > b.Count {
				t.Errorf("%d: %+v after %v", n, b, last)
			}
			last = b.Score
		}
		if want := ExpectedCalibrationError(scored); count != int64(n) || math.Abs(gaps-want) > 1e-12 {
			t.Errorf("%d: %d predictions, gaps %v, want %v", n, count, gaps, want)
		}
	}
	if bins := CalibrationBins(nil); bins != nil {
		t.Errorf("%v", bins)
	}
}
