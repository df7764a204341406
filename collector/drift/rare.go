package drift

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
)

const (
	// maxGroups is the largest number of groups of rare categories.
	maxGroups = 8
	// keptCategories is the largest number of categories exported by name.
	keptCategories = 20
)

// Rare describes the categories of a reference that are not listed. Listed are the most frequent
// categories, at most [MaxFine]. [NewRare] makes a Rare.
//
// At most 20 of the listed categories are exported by name, each with at least .5 % of the rows
// and seen twice. All others, listed or not, are put into groups: the number of a name's group is
// the number of cuts <= its [Hash].
//
// The exported names decide which shares are compared. Shares that were chosen because they are
// large in a sample are larger there than in truth. So if there are more than 20 candidates, a
// hash of the name replaces the chance in the counts. Categories are ranked, and compared with .5
// %, by their count plus six of its standard errors times a normal number made from the hash.
// Names whose counts clearly differ keep their order: a category with about 3 % of 2,000 rows, or
// .7 % of 100,000, is surely exported.
type Rare struct {
	// Cuts are ascending, one less than groups and at most 7. Without Cuts and Count
	// they are chosen from the listed categories.
	Cuts []uint32
	// These describe the names that are not listed. Count is the number of rows by group.
	// Singletons and Doubletons are the numbers of names that occur once and twice, by group.
	// They are empty if there are none.
	Count, Singletons []int64
	Doubletons        int64
	// Names are the names that are not listed, as far as they are known one by one, and Filter
	// contains the others. Both are nil if there are none. If Count has rows but there is
	// neither, the names are not known. Then every name that is not listed counts in its group,
	// and none is unseen.
	Names  []string
	Filter *Filter
}

// MaxNames is the number of categories of one feature that are known one by one,
// listed ones included. Of more, a [Filter] knows the rest.
const MaxNames = 10_000

// NewRare describes the categories after the first "listed" ones, which are at most [MaxFine].
// categories must contain all distinct categories, sorted by their counts, the largest first.
// rows includes the rows without a valid value. O(n log n).
func NewRare(categories []string, counts []int64, listed int, rows int64) *Rare {
	return Categories{categories, counts, listed, nil, 0}.Rare(rows)
}

// Categories are all categories of a feature in a reference. Names are sorted by their counts,
// the largest first, and the first ones are listed. The Rest, in any order, are those that are
// not among the first [MaxNames]. Others is their number. The Rest is read twice.
type Categories struct {
	Names  []string
	Counts []int64
	Listed int
	Rest   iter.Seq2[string, int64]
	Others int
}

// Rare is [NewRare]. It takes 16 bytes for each name of the rest that is held twice.
func (c Categories) Rare(rows int64) *Rare {
	keep := frequent(c.Names[:c.Listed], c.Counts[:c.Listed], rows)
	var names []weighed
	for i, name := range c.Names {
		if i >= c.Listed || !keep[i] {
			names = append(names, weighed{Hash([]byte(name)), c.Counts[i]})
		}
	}
	for name, n := range c.rest {
		if w := (weighed{Hash([]byte(name)), n}); w.mass() > 0 {
			names = append(names, w)
		}
	}
	return c.RareOfCuts(cutsOf(names, rows))
}

// rest are the names beyond Names.
func (c Categories) rest(yield func(string, int64) bool) {
	if c.Rest != nil {
		c.Rest(yield)
	}
}

// RareOfCuts is [Categories.Rare] with cuts that were chosen before. The listed names may be
// in any order.
func (c Categories) RareOfCuts(cuts []uint32) *Rare {
	r := &Rare{Cuts: cuts}
	if len(c.Names)+c.Others == c.Listed {
		return r
	}
	r.Count, r.Singletons = make([]int64, len(r.Cuts)+1), make([]int64, len(r.Cuts)+1)
	for i, name := range c.Names[c.Listed:] {
		r.add([]byte(name), c.Counts[c.Listed+i])
	}
	exact := max(min(len(c.Names), MaxNames), c.Listed)
	r.Names = c.Names[c.Listed:exact]
	beyond := c.Names[exact:]
	if others := len(beyond) + c.Others; others > 0 {
		r.Filter = NewFilter(others)
	}
	for _, name := range beyond {
		r.Filter.Add([]byte(name))
	}
	for name, n := range c.rest {
		r.add([]byte(name), n)
		r.Filter.Add([]byte(name))
	}
	return r
}

// add counts a name that is not listed.
func (r *Rare) add(name []byte, rows int64) {
	g := groupOf(r.Cuts, Hash(name))
	r.Count[g] += rows
	switch rows {
	case 1:
		r.Singletons[g]++
	case 2:
		r.Doubletons++
	}
}

// anonymous reports whether there are rows whose names are not known.
func (r *Rare) anonymous() bool { return total(r.Count) > 0 && len(r.Names) == 0 && r.Filter == nil }

func (r *Rare) check() error {
	if len(r.Cuts) > maxGroups-1 {
		return fmt.Errorf("%d cuts: at most %d", len(r.Cuts), maxGroups-1)
	}
	for i, c := range r.Cuts {
		if i > 0 && c <= r.Cuts[i-1] {
			return errors.New("cuts are not ascending")
		}
	}
	if len(r.Count) != 0 && len(r.Count) != len(r.Cuts)+1 {
		return fmt.Errorf("%d counts of rare categories for %d groups", len(r.Count), len(r.Cuts)+1)
	}
	if len(r.Singletons) != 0 && len(r.Singletons) != len(r.Count) {
		return fmt.Errorf("%d singletons for %d groups", len(r.Singletons), len(r.Count))
	}
	for g, n := range r.Count {
		if n < 0 {
			return fmt.Errorf("count %d of rare categories is %d", g, n)
		}
	}
	for g, n := range r.Singletons {
		if n < 0 || n > r.Count[g] {
			return fmt.Errorf("group %d has %d singletons in %d rows", g, n, r.Count[g])
		}
	}
	if r.Doubletons < 0 || 2*r.Doubletons > total(r.Count)-total(r.Singletons) {
		return fmt.Errorf("%d doubletons in %d rows", r.Doubletons, total(r.Count)-total(r.Singletons))
	}
	if r.Filter != nil {
		return r.Filter.Check()
	}
	return nil
}

// groups are the rare categories of a reference, listed or not, by group.
type groups struct {
	cuts       []uint32
	rows, once []int64
	twice      int64
}

// gather puts the listed categories that are not kept together with the rest.
func gather(categories []string, counts []int64, keep []bool, rare *Rare) groups {
	var names []weighed
	for i, c := range categories {
		if !keep[i] {
			names = append(names, weighed{Hash([]byte(c)), counts[i]})
		}
	}
	var g groups
	if len(names) == 0 && total(rare.Count) == 0 {
		return g
	}
	g.cuts = rare.Cuts
	if len(rare.Count) == 0 && len(g.cuts) == 0 {
		g.cuts = cutsOf(names, total(counts))
	}
	g.rows, g.once = make([]int64, len(g.cuts)+1), make([]int64, len(g.cuts)+1)
	copy(g.rows, rare.Count)
	copy(g.once, rare.Singletons)
	g.twice = rare.Doubletons
	for _, n := range names {
		at := groupOf(g.cuts, n.hash)
		g.rows[at] += n.rows
		switch n.rows {
		case 1:
			g.once[at]++
		case 2:
			g.twice++
		}
	}
	return g
}

// weighed is a name by its hash, and its rows.
type weighed struct {
	hash uint32
	rows int64
}

// leastGroup is the number of rows that a group needs next to another: of fewer, a
// reference does not know the share well enough for a test. With 50,000 equal
// categories and 2,000 rows, groups of 10 made 5 % false alarms 15 %.
const leastGroup = 50

// cutsOf returns the cuts of at most eight groups of about equal mass, each with at
// least .5 % of all rows. Names held once have no mass: they stand for new ones.
func cutsOf(names []weighed, all int64) []uint32 {
	slices.SortFunc(names, func(a, b weighed) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.rows, b.rows)) })
	mass := int64(0)
	for _, n := range names {
		mass += n.mass()
	}
	wanted := int64(maxGroups)
	for wanted > 1 && (isRare(mass/wanted, all) || mass/wanted < leastGroup) {
		wanted--
	}
	var cuts []uint32
	upTo, reached := int64(0), int64(1)
	for _, n := range names {
		// A group ends where half of the next name would be beyond its share.
		if at := upTo + n.mass()/2; reached < wanted && n.mass() > 0 && upTo > 0 && at*wanted >= reached*mass {
			if len(cuts) == 0 || n.hash > cuts[len(cuts)-1] {
				cuts = append(cuts, n.hash)
			}
			for reached < wanted && at*wanted >= reached*mass {
				reached++
			}
		}
		upTo += n.mass()
	}
	return cuts
}

func (w weighed) mass() int64 {
	if w.rows == 1 {
		return 0
	}
	return w.rows
}

// groupOf is the number of cuts <= hash.
func groupOf(cuts []uint32, hash uint32) int {
	g := 0
	for _, c := range cuts {
		if c <= hash {
			g++
		}
	}
	return g
}
