package drift

// Maturity returns the age at which a share of all outcomes has come: the first bucket at
// whose end the estimated distribution of delays reaches share. delays counts outcomes by
// their delay, waiting the predictions without outcome by their age, both in the same
// ascending buckets. It is the product-limit estimate [1], 1 - prod (1 - d_k / n_k), with
// d_k outcomes in bucket k, and n_k predictions whose delay or age is in bucket k or a later
// one. So predictions that still wait count up to their present age. It reports false if the
// share is not reached. O(buckets).
//
// [1] Kaplan, E. L.; Meier, P. (1958). "Nonparametric Estimation from Incomplete
// Observations". Journal of the American Statistical Association 53 (282): 457-481.
func Maturity(delays, waiting []int64, share float64) (bucket int, reached bool) {
	var left int64
	for k := range delays {
		left += delays[k] + waiting[k]
	}
	missing := 1.0
	for k := range delays {
		if left == 0 {
			return 0, false
		}
		missing *= 1 - float64(delays[k])/float64(left)
		if 1-missing >= share-1e-12 {
			return k, true
		}
		left -= delays[k] + waiting[k]
	}
	return 0, false
}
