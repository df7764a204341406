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

// Reference is the reference distribution for one model and version. It must not be changed after
// it was parsed or built.
type Reference struct {
	// Model is the name of the model, or "" if the configuration names it. Version is the version
	// it is for, or "" for every version.
	Model, Version string
	// Type says what the model predicts. An empty type is [value.Binary].
	Type value.Prediction
	// Rows is the number of rows over which the features were counted.
	Rows int64
	// Created is when it was built, zero if unknown.
	Created time.Time
	// Origin describes where the rows came from. Source is where the reference was read from: the
	// path of its file, "embedded", or "" if it was just built.
	Origin, Source string
	// Positive is the class of a binary model whose probability the score is. Threshold is the
	// score at or above which this class is predicted. It is 0 if the classes do not come from
	// scores.
	Positive  string
	Threshold float64
	// Missing lists texts that stand for a missing value, in canonical form.
	Missing  []string
	Features []Feature
	// Score and Classes are the model's answers for held-out rows. They are nil and empty if
	// unknown.
	Score   *Feature
	Classes []Class
	// Errors are the errors of a regression for held-out rows. It is nil if unknown.
	Errors *Errors
	// Schema is the version of the file's format, or the newest version if it was just built.
	Schema int
	// Hash identifies the content. It is 16 hexadecimal digits of the SHA-256 of everything but
	// Created, Origin and Source. References with equal hashes give equal drift.
	Hash string
}

// Feature is the distribution of one feature, or of the score, over fine bins. Slices by bin are
// in the order of the bins, and nil if unknown.
type Feature struct {
	// Name is unique in the reference, Type Numeric, Categorical or Boolean.
	Name, Type string
	// Exactly one of Edges, Values and Categories describes the bins. Edges are the inner edges
	// of half-open ranges (one fewer than bins, may be empty). Values are single numbers.
	// Categories are texts in canonical form. A boolean has the categories false and true. An
	// edge v followed by the next float64 makes a bin for v alone.
	Edges, Values []float64
	Categories    []string
	// Count is the number of rows in each bin.
	Count []int64
	// Sum and SumOfSquares are computed from the values in each bin.
	Sum, SumOfSquares []float64
	// Labelled is the number of held-out rows in each bin with a known outcome. Correct is the
	// number of these for which the model was right. Both are nil if no outcomes are known.
	Correct, Labelled []int64
	// Min and Max are the extremes, NaN if unknown.
	Min, Max float64
	// Rare describes the categories that are not listed. It may be nil.
	Rare *drift.Rare
	// Missing is the number of rows without a value. Invalid is the number of rows with a value
	// of the wrong type.
	Missing, Invalid int64
}

// Class is one class among the predictions for held-out rows: how often it was predicted, how
// many of these predictions have a known outcome, and how many were right. Name is another text
// for it, which data may contain instead. It may be empty.
//
// A multiclass model has three more. Actual is the number of held-out rows whose outcome was this
// class. ScoreLabelled and ScoreCorrect split Labelled and Correct by the fine bins of the score,
// and are nil without a score.
type Class struct {
	Class, Name                 string
	Count, Correct, Labelled    int64
	Actual                      int64
	ScoreLabelled, ScoreCorrect []int64
}

// Rows returns the number of rows of the feature: counted, missing and invalid.
func (f *Feature) Rows() int64 {
	rows := f.Unlisted() + f.Missing + f.Invalid
	for _, n := range f.Count {
		rows += n
	}
	return rows
}

// Unlisted returns the number of rows with a category that is not listed.
func (f *Feature) Unlisted() int64 {
	rows := int64(0)
	if f.Rare != nil {
		for _, n := range f.Rare.Count {
			rows += n
		}
	}
	return rows
}

// Columns returns how the values of the features are read, in their order.
func (r *Reference) Columns() []value.Column {
	missing := value.NewMissingTexts(r.Missing)
	columns := make([]value.Column, len(r.Features))
	for i := range r.Features {
		columns[i] = value.Column{Type: r.Features[i].Type, Missing: missing}
	}
	return columns
}

// ClassReader returns a reader for the texts of classes. If the reference knows no classes, they
// are 0 and 1, and others may be added. Outcomes of a multiclass model may have other classes.
func (r *Reference) ClassReader() *value.ClassReader {
	if r.Type == value.Multiclass {
		return value.NewOpenClassReader(r.valueClasses())
	}
	return value.NewClassReader(r.valueClasses())
}

// ValueClasses returns the classes in their order, as they are needed to read texts. If the
// reference knows no classes, there are the negative class 0 and the positive class.
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

// fine returns the counts for a [drift.Binning]: the counts of the bins, then the rows without a
// value and the rows with an invalid value.
func (f *Feature) fine() []int64 {
	fine := make([]int64, 0, len(f.Count)+2)
	fine = append(fine, f.Count...)
	return append(fine, f.Missing, f.Invalid)
}

// Binning returns the bins of the feature, fine and exported. For a feature that was parsed or
// built here, it only fails if the options are invalid.
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

// ClassBinning returns the bins of the predicted class, one for each class. Without classes only
// unseen, missing and invalid are left.
func (r *Reference) ClassBinning() (*drift.Binning, error) {
	names := make([]string, len(r.Classes))
	counts := make([]int64, len(r.Classes))
	for i, c := range r.Classes {
		names[i], counts[i] = c.Class, c.Count
	}
	return drift.NewClasses(names, counts)
}
