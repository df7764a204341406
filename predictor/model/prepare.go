package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// prepare measures one column over the training rows: the feature without its
// coefficients, the term of the regression that will find them, and a warning
// when the column has no information.
func prepare(c *Column, train []int) (Feature, term, string, error) {
	f := Feature{Name: c.Name, Type: c.Type}
	if c.Type == Numeric {
		return prepareNumeric(f, gather(c.Numbers, train))
	}
	return prepareCategorical(f, c, train)
}

func prepareNumeric(f Feature, x []float64) (Feature, term, string, error) {
	mean, sd, n := moments(x)
	f.Mean, f.SD = round(mean), round(sd)
	switch {
	case n == 0:
		f.Mean, f.SD = 0, 1
		return f, term{}, "has no value in the training rows: it has no effect on the prediction", nil
	case !finite(mean) || !finite(sd):
		return Feature{}, term{}, "", errors.New("a value is not finite, or too large to be squared: correct or rescale the column")
	case sd <= 1e-9*math.Abs(mean) || f.SD == 0: // what rounding leaves of a constant
		f.SD = 1
		return f, term{}, "is constant: it has no effect on the prediction", nil
	}
	for i, v := range x {
		x[i] = (v - f.Mean) / f.SD
		if math.IsNaN(v) {
			x[i] = 0
		}
	}
	return f, term{numbers: x}, "", nil
}

// moments returns mean and population standard deviation of the n values that
// are not NaN, in two passes.
func moments(x []float64) (mean, sd float64, n int) {
	for _, v := range x {
		if !math.IsNaN(v) {
			n++
			mean += (v - mean) / float64(n)
		}
	}
	var squares float64
	for _, v := range x {
		if !math.IsNaN(v) {
			squares += (v - mean) * (v - mean)
		}
	}
	return mean, math.Sqrt(squares / float64(max(n, 1))), n
}

func prepareCategorical(f Feature, c *Column, train []int) (Feature, term, string, error) {
	counts := map[string]int{}
	for _, row := range train {
		if c.Texts[row] != "" {
			counts[c.Texts[row]]++
		}
	}
	var kept []string
	for text, n := range counts {
		if n >= minCategoryRows {
			kept = append(kept, text)
		}
	}
	slices.SortFunc(kept, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		if a < b {
			return -1
		}
		return 1
	})
	kept = kept[:min(len(kept), maxCategories)]
	slices.Sort(kept)
	code := make(map[string]int32, len(kept))
	for i, text := range kept {
		f.Categories = append(f.Categories, Category{Value: text})
		code[text] = int32(i) // #nosec G115 -- at most maxCategories
	}
	t := term{codes: make([]int32, len(train)), shares: make([]float64, len(kept))}
	known := 0
	for i, row := range train {
		k, ok := code[c.Texts[row]]
		if !ok {
			t.codes[i] = -1
			continue
		}
		t.codes[i] = k
		t.shares[k]++
		known++
	}
	for k := range t.shares {
		t.shares[k] /= float64(known)
	}
	var warning string
	switch {
	case len(counts) == 0:
		warning = "has no value in the training rows: it has no effect on the prediction"
	case len(kept) == 0:
		warning = fmt.Sprintf("none of its %d texts is in %d rows: it has no effect on the prediction; leave an identifier, a date or free text out of the CSV", len(counts), minCategoryRows)
	case len(kept) == 1 && known == len(train):
		warning = "is constant: it has no effect on the prediction"
	}
	return f, t, warning, nil
}

func gather(x []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, row := range rows {
		out[i] = x[row]
	}
	return out
}

// round keeps nine significant digits.
func round(x float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 9, 64), 64)
	if err != nil {
		return x // NaN and infinities parse too; nothing that FormatFloat writes is refused
	}
	return r
}
