package drift

// Maturity returns the age at which a share of all outcomes has come: the first
// bucket by whose end the estimate of the distribution of delays reaches share.
// delays counts outcomes by how long they took, waiting the predictions without
// outcome by their age, both by the same ascending buckets. Predictions that
// still wait count as long as they are known to wait, and no longer: the
// product-limit estimate [1], 1 - prod (1 - d_k / n_k) with n_k rows that came or
// wait no less long. It reports false when the share is not reached. O(buckets).
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
