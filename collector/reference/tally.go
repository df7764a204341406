package reference

import (
	"cmp"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Cell is one value of a column: a number or a text in canonical form. It has the number of rows
// with this value, the number of held-out rows among them with a known outcome, and the number of
// those for which the model was right.
type Cell struct {
	Number                  float64
	Text                    string
	Rows, Labelled, Correct int64
}

// Tally is a column that was counted by value, in any order. Cells with the same value are added
// up.
type Tally struct {
	Name, Type string
	Cells      []Cell
	// Sorted are the cells in ascending order, each value once. It is used instead of Cells if
	// these would need too much memory. It is read several times. Done, if not nil, is called
	// after that.
	Sorted iter.Seq[Cell]
	Done   func()
	// Missing and Invalid are the numbers of rows without a value and with an invalid value.
	Missing, Invalid int64
	// Ranges has the same meaning as in [Column].
	Ranges bool
	// HasOutcomes means that outcomes are known, but perhaps none in these cells.
	HasOutcomes bool
	// Kept is the feature from the last count. Its bins are kept if they still cover every value.
	// If nil, the bins are chosen.
	Kept *Feature
	// Binned is a number that was counted by bin. It is used instead of Cells.
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

// merge puts the cells in order, with one cell for each value.
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
	if t.Done != nil {
		defer t.Done()
	}
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

// cells returns the merged cells in order.
func (t *Tally) cells() iter.Seq[Cell] {
	if t.Sorted != nil {
		return t.Sorted
	}
	return slices.Values(t.Cells)
}

// BuildTallies is [Build] for columns that were counted by value or by bin. rows is their number
// of rows. score is a numeric tally of the held-out rows, nil without scores. The Index of
// heldOut is not used.
func BuildTallies(rows int64, columns []Tally, score *Tally, heldOut *HeldOut, o BuildOptions) (*Reference, error) {
	r, err := assemble(rows, columns, score, heldOut, o)
	if err != nil {
		return nil, fmt.Errorf("build reference: %w", err)
	}
	return r, nil
}

func assemble(rows int64, columns []Tally, score *Tally, heldOut *HeldOut, o BuildOptions) (*Reference, error) {
	r := &Reference{
		Schema: newest, Rows: rows, Type: o.Type.Or(value.Binary),
		Model: o.Model, Version: o.Version, Origin: o.Source, Threshold: o.Threshold,
		Created: o.Created, Missing: value.NewMissingTexts(o.Missing).Texts(),
	}
	if r.Type == value.Binary {
		r.Positive = cmp.Or(o.Positive, "1")
	}
	fine := cmp.Or(o.FineBins, maxBins)
	var err error
	if r.Features, err = features(columns, fine); err != nil {
		return nil, err
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
	r.Hash, err = r.hash()
	return r, err
}

// features makes the features of all columns, on all cores.
func features(columns []Tally, fine int) ([]Feature, error) {
	all := make([]Feature, len(columns))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range columns {
		group.Go(func() (err error) {
			how := discreteIfFew
			if columns[i].Ranges {
				how = rangesIfFew
			}
			if all[i], err = columns[i].feature(fine, how); err != nil {
				return fmt.Errorf("column %q: %w", columns[i].Name, err)
			}
			return nil
		})
	}
	return all, group.Wait()
}

// keptEdges returns the edges from the last count, or nil if there are none to keep.
func (t *Tally) keptEdges() []float64 {
	if t.Kept == nil || t.Kept.Type != Numeric {
		return nil
	}
	return t.Kept.Edges
}

// keptValues returns the values from the last count together with those of the cells, in
// ascending order. It returns nil if there are none to keep, or if there are too many together.
func (t *Tally) keptValues() []float64 {
	if t.Kept == nil || t.Kept.Values == nil {
		return nil
	}
	values := slices.Clone(t.Kept.Values)
	for c := range t.cells() {
		if _, ok := slices.BinarySearch(t.Kept.Values, c.Number); !ok {
			values = append(values, c.Number)
		}
		if len(values) > drift.MaxValues && len(values) > len(t.Kept.Values) {
			return nil
		}
	}
	slices.Sort(values)
	return values
}
