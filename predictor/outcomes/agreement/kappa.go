package agreement

// Said contains the outcome that each source said about one thing, "" if a source said nothing.
type Said []string

// Pair compares two sources.
type Pair struct {
	// Both is the number of things about which both sources said something. Same is the number of
	// these about which they said the same.
	Both, Same int
	// Kappa is Cohen's kappa [1]: how much more often the sources agree than by chance. It is 1
	// if they always agree, and 0 if they agree as often as by chance. It is meaningless if
	// HasKappa is false: then they would always agree by chance, or they have no thing in common.
	Kappa    float64
	HasKappa bool
}

// Compare compares the sources a and b. O(n).
//
// [1] Cohen, J. (1960). "A Coefficient of Agreement for Nominal Scales". Educational
// and Psychological Measurement 20 (1): 37-46.
func Compare(all []Said, a, b int) (p Pair) {
	byA, byB := map[string]int{}, map[string]int{}
	for _, said := range all {
		if said[a] == "" || said[b] == "" {
			continue
		}
		p.Both++
		byA[said[a]]++
		byB[said[b]]++
		if said[a] == said[b] {
			p.Same++
		}
	}
	if p.Both == 0 {
		return p
	}
	n := float64(p.Both)
	chance := 0.0
	for outcome, count := range byA {
		chance += float64(count) / n * float64(byB[outcome]) / n
	}
	if chance < 1 {
		p.Kappa, p.HasKappa = (float64(p.Same)/n-chance)/(1-chance), true
	}
	return p
}
