package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

var (
	numericKeys     = []string{"name", "type", "edges", "values", "count", "sum", "sum_of_squares", "correct", "labelled", "min", "max", "missing"}
	categoricalKeys = []string{"name", "type", "categories", "count", "correct", "labelled", "other", "missing"}
	scoreKeys       = slices.DeleteFunc(slices.Clone(numericKeys), func(key string) bool {
		return key == "name" || key == "type" || key == "values"
	})
)

func parseFeature(v any) (Feature, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return Feature{}, fmt.Errorf(`is %s: write an object with name, type and counts`, describe(v))
	}
	switch kind := o["type"]; kind {
	case Numeric:
		return numericFeature(read(v, numericKeys...))
	case Categorical:
		f := read(v, categoricalKeys...)
		one := f.feature()
		one.Type = Categorical
		one.Categories, one.Other = f.texts("categories"), f.count("other")
		if f.err == nil && one.Categories == nil {
			f.err = errors.New(`has no categories: list them, with as many numbers in count`)
		}
		return one, f.err
	case nil:
		return Feature{}, errors.New(`has no type: write "numeric" or "categorical"`)
	default:
		return Feature{}, fmt.Errorf(`type is %s: write "numeric" or "categorical"`, describe(kind))
	}
}

func parseScore(v any) (Feature, error) {
	one, err := numericFeature(read(v, scoreKeys...))
	one.Name = "score"
	return one, err
}

func numericFeature(f *fields) (Feature, error) {
	one := f.feature()
	one.Type = Numeric
	one.Edges, one.Values = f.numbers("edges"), f.numbers("values")
	one.Sum, one.SumOfSquares = f.numbers("sum"), f.numbers("sum_of_squares")
	if f.err == nil && (one.Edges == nil) == (one.Values == nil) {
		f.err = errors.New("must have either edges (the inner edges of ranges) or values (single numbers)")
	}
	if f.err == nil && one.Edges == nil && len(one.Values) > 0 {
		one.boundByValues()
	}
	return one, f.err
}

// feature reads what all features have.
func (f *fields) feature() Feature {
	one := Feature{
		Name: f.text("name", ""), Count: f.counts("count"),
		Correct: f.counts("correct"), Labelled: f.counts("labelled"),
		Min: f.number("min"), Max: f.number("max"), Missing: f.count("missing"),
	}
	if f.err == nil && one.Count == nil {
		f.err = errors.New("has no count: write the number of rows in each bin")
	}
	return one
}

// boundByValues sets unknown extremes to the first and last of the values.
func (f *Feature) boundByValues() {
	if math.IsNaN(f.Min) {
		f.Min = f.Values[0]
	}
	if math.IsNaN(f.Max) {
		f.Max = f.Values[len(f.Values)-1]
	}
}

func parseClass(v any) (Class, error) {
	f := read(v, "class", "count", "correct", "labelled")
	if f.err == nil && f.of["class"] == nil {
		f.err = errors.New("has no class: write its name in quotes")
	}
	return Class{f.text("class", ""), f.count("count"), f.count("correct"), f.count("labelled")}, f.err
}
