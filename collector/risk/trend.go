package risk

import "math"

// Declines returns the one-sided p-value of Mann and Kendall's test [1] that values fall over
// time, without ties' correction beyond the variance. It holds for one look: do not test again
// and again. It is 1 below 4 values.
//
// [1] Mann, H. (1945). "Nonparametric Tests Against Trend". Econometrica 13 (3): 245-259.
func Declines(values []float64) float64 {
	n := len(values)
	if n < 4 {
		return 1
	}
	s, ties := 0, map[float64]int{}
	for i, x := range values {
		ties[x]++
		for _, y := range values[i+1:] {
			switch {
			case y < x:
				s++
			case y > x:
				s--
			}
		}
	}
	m := float64(n)
	variance := m * (m - 1) * (2*m + 5)
	for _, k := range ties {
		t := float64(k)
		variance -= t * (t - 1) * (2*t + 5)
	}
	if variance <= 0 || s <= 0 {
		return 1
	}
	return math.Erfc(float64(s-1)/math.Sqrt(variance/18)/math.Sqrt2) / 2
}
