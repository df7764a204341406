package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// fewBlocks is the number of blocks below which a rank correlation says nothing: with four
// blocks, one order in twelve is perfect in one direction or the other.
const fewBlocks = 5

// correlations writes, for each model, how the divergence of each feature is correlated with the
// accuracy, or with the mean absolute error of a regression.
func (r *Report) correlations(b *strings.Builder) {
	for i := range r.Courses {
		c := &r.Courses[i]
		rho, blocks := c.Correlations()
		quality, side, see := "accuracy", "Below", "; see accuracy_impact"
		if c.Regression {
			quality, side, see = "mean absolute error", "Above", ""
		}
		fmt.Fprintf(b, "\n%s: rank correlation of divergence with %s, over %d blocks of %s predictions\n",
			title(&Model{Name: c.Name, Version: c.Version}), quality, blocks, thousands(int64(r.BlockRows)))
		if blocks < fewBlocks {
			fmt.Fprintf(b, "  too few blocks have outcomes: it takes %d, each with at least 20\n", fewBlocks)
			continue
		}
		b.WriteString(ranked(c, rho).String())
		fmt.Fprintf(b, "Without any relation, one feature in twenty lies beyond ±%.2f. %s 0: the model errs where the feature\n"+
			"drifts. That is no cause: what drifts together correlates together%s.\n", min(1, 1.96/math.Sqrt(float64(blocks-1))), side, see)
	}
}

// ranked returns a table with a line for each feature, first the one that drifts most where the
// model errs.
func ranked(c *Course, rho []float64) table {
	order := make([]int, len(rho))
	for i := range order {
		order[i] = i
	}
	// A constant has no ranks, so its correlation is NaN. NaN is sorted to the end.
	key := func(i int) float64 {
		switch {
		case math.IsNaN(rho[i]):
			return math.Inf(1)
		case c.Regression:
			return -rho[i]
		}
		return rho[i]
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch a, b := key(i), key(j); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	t := table{{"", "correlation", "least KL", "greatest KL"}}
	for _, i := range order {
		least, most := math.Inf(1), math.Inf(-1)
		for _, b := range c.Blocks {
			least, most = min(least, b.KL[i]), max(most, b.KL[i])
		}
		cell := "-"
		if !math.IsNaN(rho[i]) {
			cell = fmt.Sprintf("%+.2f", rho[i])
		}
		t = append(t, []string{short(c.Features[i], nameWidth), cell, fmt.Sprintf("%.4f", least), fmt.Sprintf("%.4f", most)})
	}
	return t
}
