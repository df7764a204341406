package reference

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// categories counts a categorical column.
func categories(c *Column, outcomes []outcome) Feature {
	counts := map[string]int64{}
	f := Feature{Name: c.Name, Type: Categorical, Min: math.NaN(), Max: math.NaN()}
	for _, text := range c.Texts {
		if text == "" {
			f.Missing++
		} else {
			counts[valid(text)]++
		}
	}
	f.list(counts, int64(len(c.Texts)))
	at := make(map[string]int, len(f.Categories))
	for i, text := range f.Categories {
		at[text] = i
	}
	f.judge(outcomes, func(row int) int {
		if b, ok := at[valid(c.Texts[row])]; ok {
			return b
		}
		return -1
	})
	return f
}

func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// list fills in the categories, the most frequent first, and what is beyond them.
// Rows is their number with those that have no valid value.
func (f *Feature) list(counts map[string]int64, rows int64) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	// Names that are too long for a label come behind all others.
	long := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return len(name) <= longest })
	names = append(slices.DeleteFunc(names, func(name string) bool { return len(name) > longest }), long...)
	listed := min(len(names)-len(long), maxBins)
	all := make([]int64, len(names))
	for i, name := range names {
		all[i] = counts[name]
	}
	f.Categories, f.Count = slices.Clone(names[:listed]), slices.Clone(all[:listed])
	if len(names) > listed {
		f.Rare = drift.NewRare(names, all, listed, rows)
	}
}

// booleans counts a boolean column.
func booleans(c *Column, outcomes []outcome) (Feature, error) {
	f := Feature{
		Name: c.Name, Type: Boolean, Min: math.NaN(), Max: math.NaN(),
		Categories: []string{"false", "true"}, Count: make([]int64, 2),
	}
	bin := func(row int) int {
		if c.Texts[row] == "" {
			return -1
		}
		return slices.Index(f.Categories, c.Texts[row])
	}
	for row, text := range c.Texts {
		switch b := bin(row); {
		case text == "":
			f.Missing++
		case b < 0:
			return f, fmt.Errorf("%.40q is neither true nor false", text)
		default:
			f.Count[b]++
		}
	}
	f.judge(outcomes, bin)
	return f, nil
}
