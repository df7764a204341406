package reference

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Cell is one value of a column: a number, or a text in canonical form, the number of
// rows that hold it, and among them of the held-out ones with a known outcome, and of
// those that the model predicted right.
type Cell struct {
	Number                  float64
	Text                    string
	Rows, Labelled, Correct int64
}

// Tally is a column that was counted by value, in any order. Cells with the same value
// add up.
type Tally struct {
	Name, Type string
	Cells      []Cell
	// Missing and Invalid are rows without a value of the type.
	Missing, Invalid int64
	// Ranges is that of [Column].
	Ranges bool
	// HasOutcomes means that outcomes are known, though perhaps none in these cells.
	HasOutcomes bool
	// Kept is the feature as it was counted before, whose bins are kept where they
	// still hold every value; nil: the bins are chosen.
	Kept *Feature
	// Binned is a number that was counted by bin instead, without Cells.
	Binned *Feature
}

// Add adds one reading.
func (t *Tally) Add(v value.Value, rows, labelled, correct int64) {
	switch v.Kind {
	case value.Missing:
		t.Missing += rows
	case value.Invalid:
		t.Invalid += rows
	case value.Known:
		t.Cells = append(t.Cells, Cell{v.Number, valid(v.Text), rows, labelled, correct})
	}
}

// merge brings the cells in order, one for each value.
func (t *Tally) merge() {
	slices.SortFunc(t.Cells, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text)) })
	all := t.Cells[:0]
	for _, c := range t.Cells {
		if last := len(all) - 1; last >= 0 && all[last].Number == c.Number && all[last].Text == c.Text {
			all[last].Rows += c.Rows
			all[last].Labelled += c.Labelled
			all[last].Correct += c.Correct
			continue
		}
		all = append(all, c)
	}
	t.Cells = all
}

// feature chooses the bins and counts the cells into them.
func (t *Tally) feature(fine int, how binned) (f Feature, err error) {
	if t.Binned != nil {
		return *t.Binned, nil
	}
	t.merge()
	switch t.Type {
	case Numeric:
		f = t.numbers(fine, how)
	case Categorical:
		f = t.categories()
	case Boolean:
		f, err = t.booleans()
	default:
		err = fmt.Errorf("type %q is none of %q, %q and %q", t.Type, Numeric, Categorical, Boolean)
	}
	f.Missing, f.Invalid = t.Missing, t.Invalid
	return f, err
}

// addOutcomes fills Correct and Labelled; bin is negative for cells in no bin.
func (f *Feature) addOutcomes(t *Tally, bin func(i int) int) {
	if !t.HasOutcomes {
		return
	}
	f.Correct, f.Labelled = make([]int64, len(f.Count)), make([]int64, len(f.Count))
	for i := range t.Cells {
		if b := bin(i); b >= 0 {
			f.Labelled[b] += t.Cells[i].Labelled
			f.Correct[b] += t.Cells[i].Correct
		}
	}
}

// BuildTallies is [Build] for columns that were counted by value, or by bin, over so
// many rows. Score is a numeric tally of the held-out rows, nil without scores. The
// held-out rows' Index is not used.
func BuildTallies(rows int64, columns []Tally, score *Tally, heldOut *HeldOut, o BuildOptions) (*Reference, error) {
	r, err := assemble(rows, columns, score, heldOut, o)
	if err != nil {
		return nil, fmt.Errorf("build reference: %w", err)
	}
	return r, nil
}

func assemble(rows int64, columns []Tally, score *Tally, heldOut *HeldOut, o BuildOptions) (*Reference, error) {
	r := &Reference{
		Schema: newest, Rows: rows,
		Model: o.Model, Version: o.Version, Origin: o.Source, Positive: cmp.Or(o.Positive, "1"), Threshold: o.Threshold,
		Created: o.Created, Missing: value.NewMissingTexts(o.Missing).Texts(),
	}
	fine := cmp.Or(o.FineBins, maxBins)
	for i := range columns {
		how := discreteIfFew
		if columns[i].Ranges {
			how = rangesIfFew
		}
		f, err := columns[i].feature(fine, how)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", columns[i].Name, err)
		}
		r.Features = append(r.Features, f)
	}
	if score != nil {
		f, err := score.feature(fine, everyRange)
		if err != nil {
			return nil, fmt.Errorf("score: %w", err)
		}
		r.Score = &f
	}
	r.Classes = o.Counted
	if heldOut != nil {
		r.Classes = heldOut.classes(r.Positive, o.Classes)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	var err error
	r.Hash, err = r.hash()
	return r, err
}

// keptEdges are the edges of the feature as it was counted before, nil when there are
// none to keep.
func (t *Tally) keptEdges() []float64 {
	if t.Kept == nil || t.Kept.Type != Numeric {
		return nil
	}
	return t.Kept.Edges
}

// keptValues are the values of the feature as it was counted before and those of the
// cells, ascending; nil when there is none to keep, or there are too many together.
func (t *Tally) keptValues() []float64 {
	if t.Kept == nil || t.Kept.Values == nil {
		return nil
	}
	values := slices.Clone(t.Kept.Values)
	for i := range t.Cells {
		if _, ok := slices.BinarySearch(t.Kept.Values, t.Cells[i].Number); !ok {
			values = append(values, t.Cells[i].Number)
		}
		if len(values) > drift.MaxValues && len(values) > len(t.Kept.Values) {
			return nil
		}
	}
	slices.Sort(values)
	return values
}
