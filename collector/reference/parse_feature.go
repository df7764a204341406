package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

var (
	numericKeys = []string{"name", "type", "edges", "values", "count", "sum", "sum_of_squares", "correct", "labelled", "min", "max", "missing", "invalid"}
	scoreKeys   = slices.DeleteFunc(slices.Clone(numericKeys), func(key string) bool {
		return key == "name" || key == "type" || key == "values"
	})
)

func parseFeature(v any, schema int) (Feature, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return Feature{}, fmt.Errorf(`is %s: write an object with name, type and counts`, describe(v))
	}
	switch kind := o["type"]; {
	case kind == Numeric:
		return numericFeature(read(v, numericKeys...))
	case kind == Categorical:
		return categoricalFeature(v, schema)
	case kind == Boolean && schema > 1:
		return booleanFeature(v)
	case kind == nil:
		return Feature{}, errors.New(`has no type: write "numeric", "categorical" or "boolean"`)
	default:
		return Feature{}, fmt.Errorf(`type is %s: write "numeric", "categorical" or, with "schema": 2, "boolean"`, describe(kind))
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
		Min: f.number("min"), Max: f.number("max"), Missing: f.count("missing"), Invalid: f.count("invalid"),
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
	f := read(v, "class", "name", "count", "correct", "labelled")
	if f.err == nil && f.of["class"] == nil {
		f.err = errors.New("has no class: write its text in quotes")
	}
	return Class{f.text("class", ""), f.text("name", ""), f.count("count"), f.count("correct"), f.count("labelled")}, f.err
}
