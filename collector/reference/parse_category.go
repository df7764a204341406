package reference

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

var (
	// newCategoricalKeys are the keys of the second schema, oldCategoricalKeys of the first.
	newCategoricalKeys = []string{"name", "type", "categories", "count", "correct", "labelled", "rare", "rare_filter", "groups", "missing", "invalid"}
	oldCategoricalKeys = []string{"name", "type", "categories", "count", "correct", "labelled", "other", "missing"}
	booleanKeys        = []string{"name", "type", "categories", "count", "correct", "labelled", "missing", "invalid"}
)

func categoricalFeature(v any, schema int) (Feature, error) {
	keys := newCategoricalKeys
	if schema == 1 {
		keys = oldCategoricalKeys
	}
	f := strictjson.Read(v, keys...)
	one := feature(f)
	one.Type = Categorical
	one.Categories = f.Texts("categories")
	one.Rare = rare(f)
	if other := f.Count("other"); other > 0 {
		one.Rare = &drift.Rare{Count: []int64{other}}
	}
	if f.Err == nil && one.Categories == nil {
		f.Err = errors.New(`has no categories: list them, with as many numbers in count`)
	}
	if f.Err == nil {
		f.Err = one.checkLists()
	}
	if f.Err != nil {
		return one, f.Err
	}
	one.canonical(value.Category)
	if schema == 1 && one.Rare == nil && len(one.Categories) > 0 && !slices.ContainsFunc(one.Categories, func(c string) bool { return !value.IsBoolean(c) }) {
		one.Type = Boolean
		one.complete()
		return one, nil
	}
	if schema > 1 && len(one.Categories) > maxBins && one.Rare == nil {
		one.split()
	}
	return one, nil
}

func booleanFeature(v any) (Feature, error) {
	f := strictjson.Read(v, booleanKeys...)
	one := feature(f)
	one.Type = Boolean
	one.Categories = f.Texts("categories")
	if f.Err == nil {
		f.Err = one.checkLists()
	}
	if f.Err != nil {
		return one, f.Err
	}
	for i, c := range one.Categories {
		if t := value.Truth(c); t != "true" && t != "false" {
			return one, fmt.Errorf("categories[%d] is %.40q: a boolean has false and true", i, c)
		}
	}
	one.canonical(value.Truth)
	one.complete()
	return one, nil
}

// checkLists compares the lists of a feature with categories with each other, before they are put
// in canonical form.
func (f *Feature) checkLists() error {
	if len(f.Categories) != len(f.Count) {
		return fmt.Errorf("categories has %d entries and count %d: write one count for each", len(f.Categories), len(f.Count))
	}
	if err := f.checkOutcomes(); err != nil {
		return err
	}
	return f.checkRepeated()
}

// canonical puts the categories in canonical form. Categories with the same form are added up,
// and blank ones count as missing.
func (f *Feature) canonical(form func(string) string) {
	at := map[string]int{}
	to := make([]int, len(f.Categories))
	var names []string
	for i, c := range f.Categories {
		c = form(c)
		b, ok := at[c]
		switch {
		case c == "":
			f.Missing += f.Count[i]
			b = -1
		case !ok:
			b = len(names)
			at[c], names = b, append(names, c)
		}
		to[i] = b
	}
	add := func(counts []int64) []int64 {
		if counts == nil {
			return nil
		}
		sums := make([]int64, len(names))
		for i, n := range counts {
			if to[i] >= 0 {
				sums[to[i]] += n
			}
		}
		return sums
	}
	f.Categories, f.Count, f.Correct, f.Labelled = notNil(names), add(f.Count), add(f.Correct), add(f.Labelled)
}

// complete adds the missing category of a boolean. false is first.
func (f *Feature) complete() {
	at := []int{slices.Index(f.Categories, "false"), slices.Index(f.Categories, "true")}
	pick := func(counts []int64) []int64 {
		if counts == nil {
			return nil
		}
		both := make([]int64, 2)
		for i, b := range at {
			if b >= 0 {
				both[i] = counts[b]
			}
		}
		return both
	}
	f.Categories, f.Count, f.Correct, f.Labelled = []string{"false", "true"}, pick(f.Count), pick(f.Correct), pick(f.Labelled)
}

// split keeps the most frequent categories if there are too many to list, and turns the others
// into rare ones.
func (f *Feature) split() {
	t := Tally{HasOutcomes: f.Labelled != nil, Missing: f.Missing, Invalid: f.Invalid}
	for i, c := range f.Categories {
		cell := Cell{Text: c, Rows: f.Count[i]}
		if t.HasOutcomes {
			cell.Labelled, cell.Correct = f.Labelled[i], f.Correct[i]
		}
		t.Cells = append(t.Cells, cell)
	}
	all := t.categories()
	f.Categories, f.Count, f.Correct, f.Labelled, f.Rare = all.Categories, all.Count, all.Correct, all.Labelled, all.Rare
}

// rare reads what a file contains about categories that are not listed. It returns nil if there
// is nothing.
func rare(f *strictjson.Fields) *drift.Rare {
	names := f.Texts("rare")
	groups, grouped := f.Get("groups")
	filter, filtered := f.Get("rare_filter")
	if f.Err == nil && !grouped && (names != nil || filtered) {
		f.Err = errors.New("has rare categories without groups: list all categories with their counts in categories and count, however many")
	}
	if f.Err != nil || !grouped {
		return nil
	}
	r := &drift.Rare{Names: names}
	g := strictjson.Read(groups, "cuts", "count", "singletons", "doubletons")
	r.Cuts = strictjson.Each(g, "cuts", hash)
	r.Count, r.Singletons, r.Doubletons = g.Counts("count"), g.Counts("singletons"), g.Count("doubletons")
	if g.Err != nil {
		f.Err = fmt.Errorf("groups: %w", g.Err)
		return nil
	}
	if filtered {
		b := strictjson.Read(filter, "bits", "hashes", "error")
		bits, err := base64.StdEncoding.DecodeString(b.Text("bits", ""))
		if b.Err == nil {
			b.Err = err
		}
		r.Filter = &drift.Filter{Bits: bits, Hashes: int(b.Count("hashes"))}
		if b.Err == nil {
			b.Err = r.Filter.Check()
		}
		if b.Err != nil {
			f.Err = fmt.Errorf("rare_filter: %w", b.Err)
			return nil
		}
	}
	return r
}

// hash reads a 32-bit hash.
func hash(v any) (uint32, error) {
	n, err := strictjson.Count(v)
	if err == nil && n > 1<<32-1 {
		err = fmt.Errorf("is %d: must be less than 2^32", n)
	}
	return uint32(n), err // #nosec G115 -- checked
}
