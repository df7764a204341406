package reference

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/value"
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
		return Feature{}, fmt.Errorf(`is %s: write an object with name, type and counts`, strictjson.Describe(v))
	}
	switch kind := o["type"]; {
	case kind == Numeric:
		return numericFeature(strictjson.Read(v, numericKeys...))
	case kind == Categorical:
		return categoricalFeature(v, schema)
	case kind == Boolean && schema > 1:
		return booleanFeature(v)
	case kind == nil:
		return Feature{}, errors.New(`has no type: write "numeric", "categorical" or "boolean"`)
	default:
		return Feature{}, fmt.Errorf(`type is %s: write "numeric", "categorical" or, with "schema": 2, "boolean"`, strictjson.Describe(kind))
	}
}

func parseScore(v any) (Feature, error) {
	one, err := numericFeature(strictjson.Read(v, scoreKeys...))
	one.Name = "score"
	return one, err
}

func numericFeature(f *strictjson.Fields) (Feature, error) {
	one := feature(f)
	one.Type = Numeric
	one.Edges, one.Values = f.Numbers("edges"), f.Numbers("values")
	one.Sum, one.SumOfSquares = f.Numbers("sum"), f.Numbers("sum_of_squares")
	if f.Err == nil && (one.Edges == nil) == (one.Values == nil) {
		f.Err = errors.New("must have either edges (the inner edges of ranges) or values (single numbers)")
	}
	if f.Err == nil && one.Edges == nil && len(one.Values) > 0 {
		one.boundByValues()
	}
	return one, f.Err
}

// feature reads the keys that all features have.
func feature(f *strictjson.Fields) Feature {
	one := Feature{
		Name: value.Name(f.Text("name", "")), Count: f.Counts("count"),
		Correct: f.Counts("correct"), Labelled: f.Counts("labelled"),
		Min: f.Number("min"), Max: f.Number("max"), Missing: f.Count("missing"), Invalid: f.Count("invalid"),
	}
	if f.Err == nil && one.Count == nil {
		f.Err = errors.New("has no count: write the number of rows in each bin")
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
	f := strictjson.Read(v, "class", "name", "count", "correct", "labelled", "actual", "score_labelled", "score_correct")
	if f.Err == nil && f.Of["class"] == nil {
		f.Err = errors.New("has no class: write its text in quotes")
	}
	c := Class{Class: f.Text("class", ""), Name: f.Text("name", ""), Count: f.Count("count"), Correct: f.Count("correct"), Labelled: f.Count("labelled")}
	c.Actual, c.ScoreLabelled, c.ScoreCorrect = f.Count("actual"), f.Counts("score_labelled"), f.Counts("score_correct")
	return c, f.Err
}
