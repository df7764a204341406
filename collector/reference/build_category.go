package reference

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// categories makes a categorical feature from ordered cells. It lists the kept categories first,
// then the most frequent ones, and then counts the remaining ones.
func (t *Tally) categories() Feature {
	f := Feature{Name: t.Name, Type: Categorical, Min: math.NaN(), Max: math.NaN()}
	kept := t.keptCategories()
	all := t.rank(kept)
	listed := min(len(all.first)-all.long, maxBins)
	if t.HasOutcomes {
		f.Correct, f.Labelled = make([]int64, listed), make([]int64, listed)
	}
	names, counts := make([]string, len(all.first)), make([]int64, len(all.first))
	for i, c := range all.first {
		names[i], counts[i] = c.Text, c.Rows
		if t.HasOutcomes && i < listed {
			f.Correct[i], f.Labelled[i] = c.Correct, c.Labelled
		}
	}
	f.Categories, f.Count = slices.Clone(names[:listed]), slices.Clone(counts[:listed])
	beyond := drift.Categories{Names: names, Counts: counts, Listed: listed, Rest: all.rest(t), Others: all.others}
	switch {
	case len(names)+all.others == listed:
	case len(kept) > 0 && t.Kept.Rare != nil:
		f.Rare = beyond.RareOfCuts(t.Kept.Rare.Cuts)
	default:
		f.Rare = beyond.Rare(all.rows + t.Missing + t.Invalid)
	}
	return f
}

func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// keptCategories returns the categories from the last count, with their positions before all
// others.
func (t *Tally) keptCategories() map[string]int {
	place := map[string]int{}
	if t.Kept != nil && t.Kept.Type == Categorical {
		for i, name := range t.Kept.Categories {
			place[name] = i - len(t.Kept.Categories)
		}
	}
	return place
}

// ranked contains categories in the order in which a reference lists them.
type ranked struct {
	first  []Cell // at most drift.MaxNames
	long   int    // of the first, that are too long for a label
	others int    // that are not among the first
	rows   int64
}

// rank reads the cells once.
func (t *Tally) rank(kept map[string]int) ranked {
	place := func(c *Cell) int {
		at, ok := kept[c.Text]
		if !ok && len(c.Text) > longest {
			return 1 // behind all others
		}
		return at
	}
	before := func(a, b Cell) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Text, b.Text))
	}
	var r ranked
	seen := 0
	for c := range t.cells() {
		r.rows += c.Rows
		if _, ok := kept[c.Text]; ok {
			seen++
		}
		r.first = append(r.first, c)
		if len(r.first) == 2*drift.MaxNames {
			r.cut(before)
		}
	}
	if seen < len(kept) { // some have no row any more
		r.first = append(r.first, t.gone(kept)...)
	}
	r.cut(before)
	for i := range r.first {
		if place(&r.first[i]) == 1 {
			r.long++
		}
	}
	return r
}

// cut keeps the first categories.
func (r *ranked) cut(before func(a, b Cell) int) {
	slices.SortFunc(r.first, before)
	if more := len(r.first) - drift.MaxNames; more > 0 {
		r.others += more
		clear(r.first[drift.MaxNames:])
		r.first = r.first[:drift.MaxNames]
	}
}

// gone returns the kept categories without rows.
func (t *Tally) gone(kept map[string]int) (gone []Cell) {
	held := map[string]bool{}
	for c := range t.cells() {
		if _, ok := kept[c.Text]; ok {
			held[c.Text] = true
		}
	}
	for _, name := range t.Kept.Categories {
		if !held[name] {
			gone = append(gone, Cell{Text: name})
		}
	}
	return gone
}

// rest returns the categories that are not among the first.
func (r *ranked) rest(t *Tally) iter.Seq2[string, int64] {
	first := make(map[string]bool, len(r.first))
	for i := range r.first {
		first[r.first[i].Text] = true
	}
	return func(yield func(string, int64) bool) {
		if r.others == 0 {
			return
		}
		for c := range t.cells() {
			if !first[c.Text] && !yield(c.Text, c.Rows) {
				return
			}
		}
	}
}

// booleans makes a boolean feature from merged cells.
func (t *Tally) booleans() (Feature, error) {
	f := Feature{
		Name: t.Name, Type: Boolean, Min: math.NaN(), Max: math.NaN(),
		Categories: []string{"false", "true"}, Count: make([]int64, 2),
	}
	if t.HasOutcomes {
		f.Correct, f.Labelled = make([]int64, 2), make([]int64, 2)
	}
	for c := range t.cells() {
		b := slices.Index(f.Categories, c.Text)
		if b < 0 {
			return f, fmt.Errorf("%.40q is neither true nor false", c.Text)
		}
		f.Count[b] += c.Rows
		if t.HasOutcomes {
			f.Labelled[b] += c.Labelled
			f.Correct[b] += c.Correct
		}
	}
	return f, nil
}
