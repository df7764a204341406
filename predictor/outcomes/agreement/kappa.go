package agreement

// Said are the outcomes that sources said of one thing, by source; "" where one said
// nothing.
type Said []string

// Pair compares two sources.
type Pair struct {
	// Both is on how many things both said something, Same on how many the same.
	Both, Same int
	// Kappa is Cohen's [1]: how much more often than by chance they agree, 1 for always,
	// 0 for as often as by chance. It means nothing without HasKappa: by chance they
	// would always agree, or they have nothing in common.
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
