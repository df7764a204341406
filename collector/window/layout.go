package window

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// layout says how the rows that one reference serves become codes: a column of one-byte
// codes for each watched feature, then for the score and the class.
type layout struct {
	spec      *Spec
	reference *reference.Reference
	columns   []column
	features  int      // the first columns are features
	score     int      // column of the score, -1 without one in the reference
	class     int      // column of the class, -1 without one in the reference
	codings   []coding // of the features
	numbers   *drift.NumberRow
	reader    *features.Reader
	classes   *value.ClassReader
	// calibration says how often predictions were right by score, nil if the reference has
	// no outcomes.
	calibration *drift.Calibration
	// byClass does so for a multiclass model by predicted class and score. Its codes are in the
	// column after the others, which is no distribution of its own.
	byClass *drift.ClassCalibration
	// byValue says how large the errors of a regression were by predicted value, nil if the
	// reference has no outcomes.
	byValue *drift.ErrorCalibration
	// unknown is the Outcomes of a model without feedback.
	unknown *snapshot.Outcomes
}

// column is one coded distribution.
type column struct {
	name    string
	read    value.Column // how a feature is read
	numeric bool
	// discrete means a number whose reference has single values only.
	discrete bool
	binning  *drift.Binning
	axis     *drift.Axis // nil for categories, and if the reference has no number
	cells    []int64     // reference counts by cell
	bins     []int64     // and by exported bin
	total    int64
	// known counts the reference's rows with an outcome and knownRight the right ones, by
	// exported bin. expected is the expected accuracy where known is 0, nil if there are no
	// outcomes at all.
	known, knownRight []int64
	expected          []float64
}

// Names of the two distributions that are not features. They are not valid names of
// features in a reference.
const (
	scoreName = "prediction score"
	className = "prediction class"
)

func newLayout(spec *Spec, r *reference.Reference, o drift.BinOptions) (*layout, error) {
	l := &layout{spec: spec, reference: r, score: -1, class: -1, classes: r.ClassReader()}
	watched := map[string]bool{}
	for _, f := range spec.Features {
		watched[f] = true
	}
	var names []string
	read := r.Columns()
	for i := range r.Features {
		f := &r.Features[i]
		names = append(names, f.Name)
		if len(spec.Features) > 0 && !watched[f.Name] {
			continue
		}
		delete(watched, f.Name)
		if err := l.add(f.Name, f, o); err != nil {
			return nil, err
		}
		l.columns[len(l.columns)-1].read = read[i]
	}
	for _, f := range spec.Features {
		if watched[f] {
			return nil, fmt.Errorf("feature %q is not in its reference, which has %s", f, strings.Join(names, ", "))
		}
	}
	l.features = len(l.columns)
	if r.Score != nil {
		l.score = len(l.columns)
		if err := l.add(scoreName, r.Score, o); err != nil {
			return nil, err
		}
		l.calibration = drift.NewCalibration(r.Score.Labelled, r.Score.Correct)
		if r.Errors != nil {
			l.byValue = drift.NewErrorCalibration(r.Errors.Labelled, r.Errors.Absolute, r.Errors.Squares)
		}
	}
	if r.Type == value.Multiclass {
		l.byClass = newByClass(r)
	}
	if len(r.Classes) > 0 {
		b, err := r.ClassBinning()
		if err != nil {
			return nil, fmt.Errorf("classes: %w", err)
		}
		l.class = len(l.columns)
		l.columns = append(l.columns, newColumn(className, false, false, b))
	}
	l.reader = l.newReader()
	l.unknown = newImpactCounts(l).expect()
	return l, nil
}

func (l *layout) add(name string, f *reference.Feature, o drift.BinOptions) error {
	b, err := f.Binning(o)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c := newColumn(name, f.Type == reference.Numeric, len(f.Values) > 0, b)
	c.axis = f.Axis()
	c.outcomes(f.Labelled, f.Correct)
	l.columns = append(l.columns, c)
	return nil
}

func newColumn(name string, numeric, discrete bool, b *drift.Binning) column {
	c := column{name: name, numeric: numeric, discrete: discrete, binning: b}
	c.cells = b.Reference()
	c.bins = b.Export(c.cells, make([]int64, len(b.Bins())))
	for _, n := range c.cells {
		c.total += n
	}
	return c
}

// newReader returns what reads the features of a row, and readies what codes them.
func (l *layout) newReader() *features.Reader {
	names, read := make([]string, l.features), make([]value.Column, l.features)
	numeric := make([]*drift.Binning, l.features)
	for i := range l.features {
		c := &l.columns[i]
		names[i], read[i] = c.name, c.read
		l.codings = append(l.codings, coding{c.binning, c.numeric})
		if c.numeric {
			numeric[i] = c.binning
		}
	}
	l.numbers = drift.NewNumberRow(numeric)
	return features.New(names, read)
}

// positive returns the class whose probability the score is.
func (l *layout) positive() string {
	if l == nil || l.reference.Positive == "" {
		return defaultPositive
	}
	return l.classes.Predicted(l.reference.Positive)
}

// anyClasses reads the classes of models without a reference.
var anyClasses = value.NewClassReader(nil)

// classReader returns a reader of the classes of rows and outcomes.
func (l *layout) classReader() *value.ClassReader {
	if l == nil {
		return anyClasses
	}
	return l.classes
}

// width returns the number of codes of a row.
func (l *layout) width() int {
	if l.byClass != nil {
		return len(l.columns) + 1
	}
	return len(l.columns)
}

// codes returns the number of codes of every column.
func (l *layout) codes() []int {
	codes := make([]int, l.width())
	for i := range l.columns {
		codes[i] = l.columns[i].binning.Codes()
	}
	if l.byClass != nil {
		codes[len(l.columns)] = l.byClass.Codes()
	}
	return codes
}

// warm queues the null distributions of every column, if only one snapshot is asked for, those
// of full windows.
func (l *layout) warm(nulls *drift.Nulls, full int64, once bool) {
	ask := nulls.Warm
	if once {
		ask = nulls.WarmFull
	}
	for i := range l.columns {
		c := &l.columns[i]
		ask(nullKey(l.reference, c.name), c.cells, c.binning.Novelty(), full)
	}
}

// nullKey identifies the null distribution of a column. With the reference counts it seeds
// the draws, so that a restart draws the same null distribution.
func nullKey(r *reference.Reference, name string) string {
	return r.Hash + "/" + name
}

// distributions returns the window's distributions, by column. last returns the newest number of a
// feature.
func (l *layout) distributions(counts *columns.Counts, last func(feature int) *float64) []snapshot.Distribution {
	all := make([]snapshot.Distribution, len(l.columns))
	fines := slices.Concat(counts.Fine...)
	for i := range l.columns {
		c, d := &l.columns[i], &all[i]
		codes := c.binning.Codes()
		fine := fines[:codes:codes]
		fines = fines[codes:]
		*d = snapshot.Distribution{
			Name: c.name, Numeric: c.numeric, Binning: c.binning,
			Fine: fine, Axis: c.axis,
			Reference: c.cells, ReferenceTotal: c.total, BinReference: c.bins,
			Counts:  c.binning.Fold(fine, make([]int64, len(c.cells))),
			Total:   counts.Rows,
			Missing: fine[c.binning.Missing()],
			Invalid: fine[c.binning.Invalid()],
		}
		d.BinCounts = c.binning.Export(d.Counts, make([]int64, len(c.bins)))
		beyond := fine[c.binning.Below()] + fine[c.binning.Above()]
		if c.numeric {
			d.OutOfRange = beyond
		}
		if !c.numeric || c.discrete {
			d.Unseen = fine[c.binning.Unseen()] + beyond
			for first, gaps := c.binning.Gaps(); gaps > 0; gaps-- {
				d.Unseen += fine[int(first)+gaps-1]
			}
		}
		if i < l.features {
			d.Last = last(i)
		}
		if counts.Rows > 0 {
			kl := drift.KL(d.Reference, d.Counts)
			d.KL = &kl
		}
	}
	return all
}

// names returns distributions without anything else, by column.
func (l *layout) names() []snapshot.Distribution {
	all := make([]snapshot.Distribution, len(l.columns))
	for i := range l.columns {
		all[i].Name = l.columns[i].name
	}
	return all
}

// show arranges distributions by column into features, score and class.
func (l *layout) show(all []snapshot.Distribution) *snapshot.Distributions {
	shown := &snapshot.Distributions{Features: slices.Clip(all[:l.features])}
	if l.score >= 0 {
		shown.Score = &all[l.score]
	}
	if l.class >= 0 {
		shown.Class = &all[l.class]
	}
	return shown
}
