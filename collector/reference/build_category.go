package reference

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// categories makes a categorical feature of merged cells.
func (t *Tally) categories() Feature {
	f := Feature{Name: t.Name, Type: Categorical, Min: math.NaN(), Max: math.NaN()}
	f.list(t)
	at := make(map[string]int, len(f.Categories))
	for i, text := range f.Categories {
		at[text] = i
	}
	f.addOutcomes(t, func(i int) int {
		if b, ok := at[t.Cells[i].Text]; ok {
			return b
		}
		return -1
	})
	return f
}

func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// list fills in the categories, those that are kept first, then the most frequent, and
// what is beyond them.
func (f *Feature) list(t *Tally) {
	counts := make(map[string]int64, len(t.Cells))
	rows := t.Missing + t.Invalid
	var names []string
	for i := range t.Cells {
		c := &t.Cells[i]
		names, counts[c.Text] = append(names, c.Text), c.Rows
		rows += c.Rows
	}
	place := map[string]int{}
	if t.Kept != nil && t.Kept.Type == Categorical {
		for i, name := range t.Kept.Categories {
			place[name] = i - len(t.Kept.Categories)
			if _, ok := counts[name]; !ok {
				names = append(names, name)
			}
		}
	}
	kept := len(place)
	for _, name := range names {
		if len(name) > longest {
			place[name] = 1 // Too long for a label: behind all others.
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	all := make([]int64, len(names))
	for i, name := range names {
		all[i] = counts[name]
	}
	listed := min(len(names)-(len(place)-kept), maxBins)
	f.Categories, f.Count = slices.Clone(names[:listed]), slices.Clone(all[:listed])
	switch {
	case len(names) == listed:
	case kept > 0 && t.Kept.Rare != nil:
		f.Rare = drift.NewRareOfCuts(names, all, listed, t.Kept.Rare.Cuts)
	default:
		f.Rare = drift.NewRare(names, all, listed, rows)
	}
}

// booleans makes a boolean feature of merged cells.
func (t *Tally) booleans() (Feature, error) {
	f := Feature{
		Name: t.Name, Type: Boolean, Min: math.NaN(), Max: math.NaN(),
		Categories: []string{"false", "true"}, Count: make([]int64, 2),
	}
	bin := func(i int) int { return slices.Index(f.Categories, t.Cells[i].Text) }
	for i := range t.Cells {
		b := bin(i)
		if b < 0 {
			return f, fmt.Errorf("%.40q is neither true nor false", t.Cells[i].Text)
		}
		f.Count[b] += t.Cells[i].Rows
	}
	f.addOutcomes(t, bin)
	return f, nil
}
