package drift

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExpectedErrorByHand(t *testing.T) {
	t.Parallel()
	// Two bins: absolute errors 1 and 3, and 10 and 10.
	c := NewErrorCalibration([]int64{2, 2}, []float64{4, 20}, []float64{10, 200})
	e := c.Estimate([]int64{3, 1})
	// Variances 2 and 0: chance 3*2, known 9*2/2.
	if e.Rows != 4 || e.Error != (3*2+10)/4. || !near(e.StandardError, math.Sqrt(6+9)/4, 1e-15) {
		t.Errorf("%+v", e)
	}
	if e := c.Estimate([]int64{0, 0}); e.Rows != 0 || !math.IsNaN(e.Error) {
		t.Errorf("of none: %+v", e)
	}
	if c := NewErrorCalibration([]int64{0, 0}, []float64{0, 0}, []float64{0, 0}); c != nil {
		t.Errorf("without outcomes: %+v", c)
	}
}

// TestExpectedErrorCovers: the interval holds the error that the predictions turn out to have, on
// rows like the reference and on rows of which the predicted values have drifted.
func TestExpectedErrorCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 42))
	// draw returns the fine bin of a predicted value in [0, 1), and its absolute error.
	draw := func(power float64) (bin int, e float64) {
		x := math.Pow(r.Float64(), power)
		return int(x * 50), math.Abs(r.NormFloat64() * (1 + 4*x))
	}
	for name, power := range map[string]float64{"the same": 1, "drifted": .4} {
		covered := 0
		const trials = 1500
		for range trials {
			labelled, absolute, squares := make([]int64, 50), make([]float64, 50), make([]float64, 50)
			for range 3000 {
				b, e := draw(1)
				labelled[b]++
				absolute[b] += e
				squares[b] += e * e
			}
			fine, sum := make([]int64, 50), 0.
			const rows = 1000
			for range rows {
				b, e := draw(power)
				fine[b]++
				sum += e
			}
			e := NewErrorCalibration(labelled, absolute, squares).Estimate(fine)
			if math.Abs(e.Error-sum/rows) <= 1.959964*e.StandardError {
				covered++
			}
		}
		if got := float64(covered) / trials; !(got >= .93 && got <= .97) {
			t.Errorf("%s: the interval covers %.3f", name, got)
		}
	}
}
