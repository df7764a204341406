package drift

import (
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// A calibrated model has a calibration error by chance alone. The means are those of
// 4,000 numpy simulations each.
func TestCalibrationErrorByChance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		alpha, beta float64 // of the scores
		n           int
		want        float64
	}{
		{"scores near 0", .3, 3, 100, .050},
		{"scores spread out", 1, 1, 100, .100},
		{"scores in the middle", 2, 2, 100, .104},
		{"scores near 0", .3, 3, 1000, .017},
		{"scores spread out", 1, 1, 1000, .031},
	} {
		r := newRandom(uint64(test.n))
		scores := distuv.Beta{Alpha: test.alpha, Beta: test.beta}
		const runs = 150
		mean := 0.0
		for range runs {
			scored := make([]Scored, test.n)
			for i := range scored {
				s := scores.Quantile(r.unit())
				scored[i] = Scored{Score: s, Positive: r.unit() < s}
			}
			mean += ExpectedCalibrationError(scored) / runs
		}
		if !near(mean, test.want, .07*test.want) {
			t.Errorf("%s, %d predictions: %.4f, numpy says %v", test.name, test.n, mean, test.want)
		}
	}
}
