package drift

// MaxValues is the number of distinct values up to which a number may be discrete:
// twice the usual number of bins.
const MaxValues = 20

// Discrete reports whether a number with these counts of its distinct values is discrete, so that
// [NewDiscrete] can be used: there are at most [MaxValues] values, and they repeat. By the
// estimate of Good and Turing, new values are as frequent as values that occurred once. These may
// have at most 1 in 20 of the rows. So the terms 15, 20 and 30 are discrete, and 20 rows with 20
// distinct values are not.
func Discrete(counts []int64) bool {
	once := int64(0)
	for _, c := range counts {
		if c == 1 {
			once++
		}
	}
	return len(counts) > 0 && len(counts) <= MaxValues && once*20 <= total(counts)
}
