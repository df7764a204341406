package reference

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Types of features.
const (
	Numeric     = value.Numeric
	Categorical = value.Categorical
	Boolean     = value.Boolean
)

// Reference is what is normal for one model and version. Immutable once parsed
// or built.
type Reference struct {
	// Model is the name of the model, "" when the file leaves it to the
	// configuration. Version is the version served, "" for every version.
	Model, Version string
	// Rows is the number of rows the features were counted over.
	Rows int64
	// Created is when it was built, zero when unknown.
	Created time.Time
	// Origin is where the rows came from, in words. Source is where the
	// reference itself was read from: the path of its file, "embedded", or ""
	// when it was just built.
	Origin, Source string
	// Positive is the class whose probability the score is. Threshold is the score
	// from which on it is predicted, where the classes were made of scores; 0 where
	// they were not.
	Positive  string
	Threshold float64
	// Missing lists texts that stand for a missing value, in canonical form.
	Missing  []string
	Features []Feature
	// Score and Classes are what the model answered on held-out rows; nil and
	// empty when unknown.
	Score   *Feature
	Classes []Class
	// Schema is the version of the file's format, the newest for one that was just
	// built.
	Schema int
	// Hash identifies the content: 16 hexadecimal digits of the SHA-256 of
	// everything but Created, Origin and Source. Equal hashes export equal
	// drift.
	Hash string
}

// Feature is the distribution of one feature, or of the score, over fine bins.
// Slices by bin are in the order of the bins, and nil when unknown.
type Feature struct {
	// Name is unique in the reference, Type Numeric, Categorical or Boolean.
	Name, Type string
	// Exactly one of Edges, Values and Categories describes the bins: inner
	// edges of half-open ranges (one fewer than bins; may be empty), single
	// numbers, or texts in canonical form. A boolean has the categories false and
	// true. An edge v with the next float64 behind it makes a bin for v alone.
	Edges, Values []float64
	Categories    []string
	// Count is the number of rows in each bin.
	Count []int64
	// Sum and SumOfSquares are of the values in each bin.
	Sum, SumOfSquares []float64
	// Labelled is the number of held-out rows in each bin whose outcome is
	// known, Correct how many of them the model predicted right. Nil when no
	// outcomes are known.
	Correct, Labelled []int64
	// Min and Max are the extremes, NaN when unknown.
	Min, Max float64
	// Rare is what the reference holds of categories beyond those listed; nil: nothing.
	Rare *drift.Rare
	// Missing is the number of rows without a value, Invalid of rows with something
	// that is not of the type.
	Missing, Invalid int64
}

// Class is one class among the predictions for held-out rows: how often it was
// predicted, how many of these have a known outcome, and how many were right. Name is
// another text for it, which data may hold in its place; it may be empty.
type Class struct {
	Class, Name              string
	Count, Correct, Labelled int64
}

// Rows is the number of rows of the feature: counted, missing and invalid.
func (f *Feature) Rows() int64 {
	rows := f.Unlisted() + f.Missing + f.Invalid
	for _, n := range f.Count {
		rows += n
	}
	return rows
}

// Unlisted is the number of rows with a category beyond those listed.
func (f *Feature) Unlisted() int64 {
	rows := int64(0)
	if f.Rare != nil {
		for _, n := range f.Rare.Count {
			rows += n
		}
	}
	return rows
}

// Columns say how the values of the features are read, in their order.
func (r *Reference) Columns() []value.Column {
	missing := value.NewMissingTexts(r.Missing)
	columns := make([]value.Column, len(r.Features))
	for i := range r.Features {
		columns[i] = value.Column{Type: r.Features[i].Type, Missing: missing}
	}
	return columns
}

// ClassReader returns what reads the texts of classes; where the reference knows none,
// they are 0 and 1, and others may join.
func (r *Reference) ClassReader() *value.ClassReader {
	return value.NewClassReader(r.valueClasses())
}

// ValueClasses are the classes, in their order, as texts are read for them. A
// reference that knows none has the negative class 0 and the positive one.
func (r *Reference) ValueClasses() value.Classes {
	classes := r.valueClasses()
	if len(classes) == 0 {
		classes = []value.Class{{Text: "0"}, {Text: r.Positive}}
	}
	return value.NewClasses(classes)
}

func (r *Reference) valueClasses() []value.Class {
	classes := make([]value.Class, 0, len(r.Classes))
	for _, c := range r.Classes {
		classes = append(classes, value.Class{Text: c.Class, Name: c.Name})
	}
	return classes
}

// fine returns the counts that a [drift.Binning] is made with: those of the bins,
// then the rows without a value and those with an invalid one.
func (f *Feature) fine() []int64 {
	fine := make([]int64, 0, len(f.Count)+2)
	fine = append(fine, f.Count...)
	return append(fine, f.Missing, f.Invalid)
}

// Binning returns the bins of the feature, fine and exported. It fails only for
// options that cannot be used, when the feature was parsed or built here.
func (f *Feature) Binning(o drift.BinOptions) (*drift.Binning, error) {
	switch {
	case f.Type == Boolean:
		return drift.NewClasses(f.Categories, f.fine())
	case f.Type == Categorical:
		return drift.NewCategorical(f.Categories, f.fine(), f.Rare)
	case len(f.Values) > 0:
		return drift.NewDiscrete(f.Values, f.fine(), o)
	default:
		return drift.NewContinuous(f.Edges, f.Min, f.Max, f.fine(), o)
	}
}

// ClassBinning returns the bins of the predicted class, one for each. Without
// classes nothing but unseen, missing and invalid is left.
func (r *Reference) ClassBinning() (*drift.Binning, error) {
	names := make([]string, len(r.Classes))
	counts := make([]int64, len(r.Classes))
	for i, c := range r.Classes {
		names[i], counts[i] = c.Class, c.Count
	}
	return drift.NewClasses(names, counts)
}
