package drift

import "math"

// Wilson returns the score interval of Wilson [1] for a proportion of which
// correct out of n were seen; z is the normal quantile (1.96 for 95 %).
//
// Both ends are in [0, 1] and lo <= correct/n <= hi; without observations the
// interval is [0, 1]. It keeps its coverage (.92 to .98 for a promise of .95)
// down to n = 20 and at accuracies of .99, where the textbook interval
// p +- z sqrt(p(1-p)/n) covers .18 [2].
//
// [1] Wilson, E. B. (1927). "Probable Inference, the Law of Succession, and
// Statistical Inference". Journal of the American Statistical Association 22
// (158): 209-212.
//
// [2] Brown, L.; Cai, T.; DasGupta, A. (2001). "Interval Estimation for a
// Binomial Proportion". Statistical Science 16 (2): 101-133.
func Wilson(correct, n int64, z float64) (lo, hi float64) {
	if n <= 0 {
		return 0, 1
	}
	size := float64(n)
	p := float64(correct) / size
	center := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	// Rounding must not push an end past the proportion itself.
	lo = min(max((center-half)/scale, 0), p)
	hi = max(min((center+half)/scale, 1), p)
	return lo, hi
}
