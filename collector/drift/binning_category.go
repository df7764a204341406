package drift

import (
	"fmt"
	"slices"
)

// NewCategorical bins text by distinct categories, at most 200. Each is a fine bin with the
// reference count of the same index. The counts of missing and invalid rows may follow. rare
// contains the other categories of the reference, nil if there are none.
//
// At most 20 are exported by name, in the given order, see [Rare]. All others are put into groups
// of about equal mass by the hash of their name. The cells of these groups are exported as one
// bin, __other__. A name that is not in the reference is unseen.
func NewCategorical(categories []string, counts []int64, rare *Rare) (*Binning, error) {
	own, rest, err := split(counts, len(categories))
	if err != nil {
		return nil, err
	}
	if rare == nil {
		rare = &Rare{}
	}
	if err := rare.check(); err != nil {
		return nil, err
	}
	keep := frequent(categories, own, total(counts)+total(rare.Count))
	return newCategorical(categories, own, keep, rare, rest)
}

// NewClasses is NewCategorical for few names that are all known, such as the
// classes of a model or false and true: each is exported, however rare.
func NewClasses(classes []string, counts []int64) (*Binning, error) {
	own, rest, err := split(counts, len(classes))
	if err != nil {
		return nil, err
	}
	return newCategorical(classes, own, slices.Repeat([]bool{true}, len(classes)), &Rare{}, rest)
}

func newCategorical(categories []string, own []int64, keep []bool, rare *Rare, rest rest) (*Binning, error) {
	if len(categories) > MaxFine {
		return nil, fmt.Errorf("%d categories: at most %d", len(categories), MaxFine)
	}
	b := &Binning{fine: len(own), categories: make(map[string]uint8, len(categories)+len(rare.Names)), names: rare.Filter, anonymous: rare.anonymous()}
	groups := gather(categories, own, keep, rare)
	b.cuts = groups.cuts
	for i, c := range categories {
		if _, ok := b.categories[c]; ok {
			return nil, fmt.Errorf("category %q appears twice", c)
		}
		b.categories[c] = code(i)
		b.cells = append(b.cells, 0)
		if keep[i] {
			b.cells[i] = b.add(categoryName(c), own[i])
		}
	}
	first := len(b.exported)
	if len(groups.rows) > 0 {
		b.labels = append(b.labels, Other)
		b.groups = len(groups.rows)
	}
	for g, rows := range groups.rows {
		if b.anonymous {
			groups.once[g] = 0 // a new name cannot be distinguished from a rare one
		}
		b.addTo(len(b.labels)-1, rows-groups.once[g])
	}
	for i, c := range categories {
		if !keep[i] {
			b.cells[i] = code(first + b.group(Hash([]byte(c))))
		}
	}
	for g := range b.groups {
		b.cells = append(b.cells, code(first+g))
	}
	for _, c := range rare.Names {
		if _, ok := b.categories[c]; ok {
			return nil, fmt.Errorf("category %q appears twice", c)
		}
		b.categories[c] = code(b.fine + b.group(Hash([]byte(c))))
	}
	unseen := code(first)
	if !b.anonymous {
		once := total(groups.once)
		unseen = b.add(Unseen, once)
		b.novelty = Novelty{Unseen: int(unseen), Rare: b.groups, Singletons: once, Doubletons: groups.twice}
	}
	missing, invalid := b.add(Missing, rest.missing), b.add(Invalid, rest.invalid)
	b.cells = append(b.cells, unseen, missing, invalid, unseen, unseen)
	return b, nil
}

// group is the group of a rare name with that hash.
func (b *Binning) group(hash uint32) int { return groupOf(b.cuts, hash) }

// Category returns the fine code of a category. A listed category has its own code. A rare
// category of the reference has the code of its group. Any other category is unseen. It takes one
// map lookup, 10 ns, and for a name beyond [MaxNames] a lookup in the [Filter]. It allocates
// nothing. For a Binning of numbers, everything is invalid.
func (b *Binning) Category(s []byte) uint8 {
	if c, ok := b.categories[string(s)]; ok {
		return c
	}
	switch {
	case b.categories == nil:
		return b.Invalid()
	case b.anonymous || b.names != nil && b.names.Has(s):
		return code(b.fine + b.group(Hash(s)))
	}
	return b.Unseen()
}
