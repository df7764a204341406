package drift

import (
	"cmp"
	"math"
	"slices"
)

// doubt is by how many standard errors of their counts categories must differ for
// their counts alone to decide which of them is exported.
const doubt = 3

// frequent marks the categories that are exported by name: see [Rare]. The order of
// the categories does not matter.
func frequent(categories []string, counts []int64, all int64) []bool {
	score := make([]float64, len(counts))
	order := make([]int, 0, len(counts))
	for i, c := range counts {
		if score[i] = float64(c); c > 1 && !isRare(c, all) {
			order = append(order, i)
		}
	}
	if len(order) > keptCategories {
		order = order[:0]
		least := surelyFrequent(all)
		for i, c := range counts {
			score[i] += doubt * math.Sqrt(float64(c)) * normalOf(categories[i])
			if c > 1 && !isRare(c, all) && score[i] >= least {
				order = append(order, i)
			}
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(score[j], score[i]), cmp.Compare(categories[i], categories[j]))
	})
	keep := make([]bool, len(counts))
	for _, i := range order[:min(len(order), keptCategories)] {
		keep[i] = true
	}
	return keep
}

// surelyFrequent is the count that lies so many standard errors above that of a
// share of .5 %.
func surelyFrequent(all int64) float64 {
	least := float64(all) / rareOneIn
	root := (doubt + math.Sqrt(doubt*doubt+4*least)) / 2
	return root * root
}
