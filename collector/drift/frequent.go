package drift

import (
	"cmp"
	"math"
	"slices"
)

const (
	// doubt is by how many standard errors of their counts categories must differ for
	// their counts alone to decide which of them is exported. At 3, half the cells of
	// CALIBRATION.md with a reference of 2,000 rows had levels of .06 to .09 instead of
	// .05; at 0 that of 500 equal categories was .5 to .6.
	doubt = 6
	// margin is by how many the count must exceed a share of .5 %.
	margin = 2
)

// frequent marks the categories that are exported by name: see [Rare]. The order of
// the categories does not matter.
func frequent(categories []string, counts []int64, all int64) []bool {
	score := make([]float64, len(counts))
	order := make([]int, 0, len(counts))
	least, contenders := float64(all)/rareOneIn, 0
	for i, c := range counts {
		if score[i] = float64(c); c > 1 && !isRare(c, all) {
			order = append(order, i)
		}
		if score[i] >= least-doubt*math.Sqrt(least) {
			contenders++
		}
	}
	if contenders > keptCategories {
		order = order[:0]
		low, high := above(least, margin), above(least, doubt)
		for i, c := range counts {
			score[i] += doubt * math.Sqrt(float64(c)) * normalOf(categories[i])
			if c > 1 && float64(c) >= low && score[i] >= high {
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

// above is the count that is so many of its standard errors above another.
func above(count, errors float64) float64 {
	root := (errors + math.Sqrt(errors*errors+4*count)) / 2
	return root * root
}
