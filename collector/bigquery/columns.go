package bigquery

import (
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// column is a feature of a table: how it is read and how it is counted.
type column struct {
	name string
	kind string // reference.Numeric or reference.Categorical
	// expression is the value in SQL: a FLOAT64 that is finite, or a STRING; NULL
	// is missing.
	expression string
	// edges bin a number. Without them a number is counted value by value.
	edges []float64
	// few: the number is known to have few values, and needs no edges.
	few bool
}

// plan is everything that the queries read of a table.
type plan struct {
	table    reference.Table
	features []column
	// score, predicted and actual are expressions, "" without one.
	score, predicted, actual string
	// verbatim: classes are those of the prediction column, not made of the score.
	verbatim bool
	skipped  []string // columns of types that cannot be features
}

// planOf checks what a reference needs against the table's schema.
func planOf(t reference.Table, schema bigquery.Schema) (*plan, error) {
	p := &plan{table: t}
	if err := p.answers(schema); err != nil {
		return nil, err
	}
	if err := p.choose(schema); err != nil {
		return nil, err
	}
	if len(p.features) == 0 {
		return nil, fmt.Errorf("%s has no column that can be a feature: besides score, prediction and outcome it needs numbers, STRING or BOOL", fullName(t))
	}
	return p, nil
}

// choose finds the columns of the features.
func (p *plan) choose(schema bigquery.Schema) error {
	names := p.table.Features
	if names == nil && p.table.Base != nil {
		for i := range p.table.Base.Features {
			names = append(names, p.table.Base.Features[i].Name)
		}
	}
	if names != nil {
		for _, name := range names {
			field, err := find(schema, name, "feature")
			if err != nil {
				return err
			}
			c, err := columnOf(field, p.typeOf(name))
			if err != nil {
				return err
			}
			p.features = append(p.features, c)
		}
		return nil
	}
	answers := []string{p.table.Score, p.table.Prediction, p.table.Outcome}
	for _, field := range schema {
		if slices.Contains(answers, field.Name) {
			continue
		}
		c, err := columnOf(field, "")
		if err != nil {
			p.skipped = append(p.skipped, field.Name)
			continue
		}
		p.features = append(p.features, c)
	}
	return nil
}

// typeOf is the type that the base gives a feature, "" when it does not know it.
func (p *plan) typeOf(name string) string {
	if p.table.Base == nil {
		return ""
	}
	for i := range p.table.Base.Features {
		if f := &p.table.Base.Features[i]; f.Name == name {
			return f.Type
		}
	}
	return ""
}

// find returns a top-level column. Names are compared exactly: BigQuery would not
// mind the case, but the log's features do.
func find(schema bigquery.Schema, name, what string) (*bigquery.FieldSchema, error) {
	if err := checkColumn(name); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	var has []string
	for _, field := range schema {
		if field.Name == name {
			return field, nil
		}
		has = append(has, field.Name)
	}
	return nil, fmt.Errorf("%s %q is not a column of the table, which has %s", what, name, strings.Join(has, ", "))
}

// columnOf says how a field is counted; wanted is the type that it has to have,
// "" for its own.
func columnOf(field *bigquery.FieldSchema, wanted string) (column, error) {
	if err := checkColumn(field.Name); err != nil {
		return column{}, err
	}
	c := column{name: field.Name, kind: reference.Numeric}
	name := "t." + quote(field.Name)
	switch {
	case field.Repeated:
		return c, unusable(field)
	case isNumber(field.Type) && wanted != reference.Categorical:
		c.expression = finite(name, field.Type)
		return c, nil
	case isNumber(field.Type) || field.Type == bigquery.StringFieldType || field.Type == bigquery.BooleanFieldType:
		if wanted == reference.Numeric {
			return c, fmt.Errorf("column %q is of type %s, but the model's reference has numbers there: cast it in a view", field.Name, field.Type)
		}
		c.kind, c.expression = reference.Categorical, text(name, field.Type)
		return c, nil
	}
	return c, unusable(field)
}

func unusable(field *bigquery.FieldSchema) error {
	kind := string(field.Type)
	if field.Repeated {
		kind = "ARRAY<" + kind + ">"
	}
	return fmt.Errorf("column %q is of type %s, which is neither a number nor a category: make one of it in a view, or leave it out of features", field.Name, kind)
}

func isNumber(t bigquery.FieldType) bool {
	switch t {
	case bigquery.IntegerFieldType, bigquery.FloatFieldType, bigquery.NumericFieldType, bigquery.BigNumericFieldType:
		return true
	}
	return false
}

// finite is a number as FLOAT64, NULL for NaN and the infinities.
func finite(name string, t bigquery.FieldType) string {
	if t == bigquery.FloatFieldType {
		return fmt.Sprintf("IF(IS_NAN(%s) OR IS_INF(%s), NULL, %s)", name, name, name)
	}
	return fmt.Sprintf("CAST(%s AS FLOAT64)", name)
}

// text is a category as the prediction log has it: whole numbers without a point.
func text(name string, t bigquery.FieldType) string {
	switch t {
	case bigquery.StringFieldType:
		return name
	case bigquery.IntegerFieldType, bigquery.BooleanFieldType:
		return fmt.Sprintf("CAST(%s AS STRING)", name)
	}
	n := finite(name, t)
	return fmt.Sprintf("IF(%s = TRUNC(%s) AND ABS(%s) < 1e15, CAST(CAST(%s AS INT64) AS STRING), CAST(%s AS STRING))", n, n, n, n, n)
}

// answers finds the columns of score, prediction and outcome.
func (p *plan) answers(schema bigquery.Schema) error {
	t := p.table
	if t.Score != "" {
		field, err := find(schema, t.Score, "score")
		if err != nil {
			return err
		}
		if !isNumber(field.Type) || field.Repeated {
			return fmt.Errorf("score %q is of type %s: it must be a number, the probability of the positive class", t.Score, field.Type)
		}
		p.score = finite("t."+quote(t.Score), field.Type)
		p.predicted = fmt.Sprintf("CASE WHEN %s >= 0.5 THEN '1' WHEN %s < 0.5 THEN '0' END", p.score, p.score)
	}
	if t.Prediction != "" {
		var err error
		if p.predicted, _, err = class(schema, t.Prediction, "prediction"); err != nil {
			return err
		}
		p.verbatim = true
	}
	if t.Outcome == "" {
		return nil
	}
	actual, coded, err := class(schema, t.Outcome, "outcome")
	if err != nil {
		return err
	}
	if p.predicted == "" {
		return nil // Nothing to compare it with: it is only left out of the features.
	}
	p.actual = actual
	if !p.verbatim && t.Positive != "" && !coded {
		p.actual = fmt.Sprintf("CASE WHEN %s = @positive THEN '1' WHEN %s IS NOT NULL THEN '0' END", p.actual, p.actual)
	}
	return nil
}

// class is the name of a class: a BOOL is coded as 1 and 0.
func class(schema bigquery.Schema, name, what string) (expression string, coded bool, err error) {
	field, err := find(schema, name, what)
	if err != nil {
		return "", false, err
	}
	quoted := "t." + quote(name)
	switch {
	case field.Repeated:
	case field.Type == bigquery.BooleanFieldType:
		return fmt.Sprintf("CAST(CAST(%s AS INT64) AS STRING)", quoted), true, nil
	case field.Type == bigquery.StringFieldType:
		return fmt.Sprintf("NULLIF(%s, '')", quoted), false, nil
	case isNumber(field.Type):
		return text(quoted, field.Type), false, nil
	}
	return "", false, fmt.Errorf("%s %q is of type %s: it must be STRING, BOOL or a number", what, name, field.Type)
}
