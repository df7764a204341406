package drift

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Moments are the mean, the variance and the skewness (the third central moment
// over the 1.5th power of the variance) of a distribution.
type Moments struct{ Mean, Variance, Skewness float64 }

// Tail returns the probability of a value of at least x in the Pearson III
// distribution with these moments [1], a gamma distribution that was shifted:
//
//	shape k = 4/skewness^2,  scale = sd skewness/2,  origin = mean - k scale
//
// It is 1 below the origin. Without variance or with a skewness that is not
// positive there is no such distribution and Tail is 0, so that the larger one
// of two tails is the other. NaN x gives NaN. 0.15 us, relative accuracy kept
// down to 1e-300.
//
// Fitted to draws of [G] it is within a factor of 1.3 of the truth down to the
// 1e-5 that draws can check; a gamma distribution of two moments was four times
// too small at 1e-6.
//
// [1] Pearson, K. (1895). "Contributions to the Mathematical Theory of Evolution.
// II. Skew Variation in Homogeneous Material". Philosophical Transactions of the
// Royal Society A 186: 343-414.
func (m Moments) Tail(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case !(m.Variance > 0) || !(m.Skewness > 0):
		return 0
	}
	shape := 4 / (m.Skewness * m.Skewness)
	scale := math.Sqrt(m.Variance) * m.Skewness / 2
	above := (x-m.Mean)/scale + shape
	if above <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(shape, above)
}

// momentsOf returns the moments of draws, all zero without any.
func momentsOf(draws []float64) Moments {
	var m Moments
	n := float64(len(draws))
	for _, x := range draws {
		m.Mean += x / n
	}
	var cubes float64
	for _, x := range draws {
		d := x - m.Mean
		m.Variance += d * d / n
		cubes += d * d * d / n
	}
	if m.Variance > 0 {
		m.Skewness = cubes / (m.Variance * math.Sqrt(m.Variance))
	}
	return m
}
