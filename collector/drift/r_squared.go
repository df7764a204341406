package drift

import "math"

// RSquared returns the coefficient of determination of predicted values: 1 - sum (y - f)^2 / sum
// (y - mean y)^2 [1]. It is 1 for perfect predictions and 0 for predictions that are as good as
// the mean of the outcomes. It is negative for worse ones. It is NaN if the outcomes are all
// equal, or fewer than two. The slices have the same length. O(n).
//
// [1] Kvålseth, T. O. (1985). "Cautionary Note about R2". The American Statistician 39 (4): 279-285.
func RSquared(predicted, actual []float64) float64 {
	outcomes := SampleOf(actual)
	var residual, total float64
	for i, y := range actual {
		e, d := y-predicted[i], y-outcomes.Mean
		residual += e * e
		total += d * d
	}
	if len(actual) < 2 || !(total > 0) {
		return math.NaN()
	}
	return 1 - residual/total
}
