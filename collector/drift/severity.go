package drift

// Severity grades a divergence in nats after its noise floor was subtracted:
// 0 (minimal) below 0.1, 1 (moderate) up to and including 0.5, 2 (significant)
// above. NaN is 0.
//
// The grades belong to the corrected divergence. Without drift the raw one is
// above 0.1 in a third of all windows of 100 predictions in 20 bins.
func Severity(corrected float64) int {
	switch {
	case corrected > 0.5:
		return 2
	case corrected >= 0.1:
		return 1
	default:
		return 0
	}
}
