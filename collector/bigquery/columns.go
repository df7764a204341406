package bigquery

import (
	"cmp"
	"fmt"
	"strings"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// column is a feature of a table. It says how the feature is read and counted.
type column struct {
	name string
	// kind is the type, "" if it must be guessed from the values. asked is the type from a flag,
	// "" if there is none.
	kind, asked string
	// If number is true, the expression is a finite FLOAT64. Otherwise it is a STRING. NULL is
	// missing.
	number     bool
	expression string
	// edges are the edges of the bins of a number. If nil, the feature is counted value by value.
	edges []float64
	// kept is the feature from the last count.
	kept *reference.Feature
}

// plan is everything that the queries read from a table.
type plan struct {
	table    reference.Table
	missing  *value.MissingTexts
	features []column
	// score, predicted and actual are expressions, "" if there is none. The predicted and the
	// actual class are texts as they are stored in the table.
	score, predicted, actual string
	// predicts is what the model predicts. truth is the expression for the outcome of a
	// regression, which has no classes.
	predicts value.Prediction
	truth    string
	// verbatim says that the classes come from the prediction column, not from the score.
	verbatim  bool
	threshold float64
	// scoreEdges are the edges of the bins of the score. If nil, the score is counted value by
	// value.
	scoreEdges []float64
	notes      []string
}

// planOf checks that the table's schema has what a reference needs.
func planOf(t reference.Table, schema bigquery.Schema) (*plan, error) {
	p := &plan{table: t, threshold: t.Threshold, predicts: t.Type}
	if t.Base != nil {
		p.predicts = t.Type.Or(t.Base.Type)
	}
	if base := t.Base; base != nil {
		p.threshold = cmp.Or(p.threshold, base.Threshold)
		if t.Missing == nil {
			p.table.Missing = base.Missing
		}
	}
	p.threshold = cmp.Or(p.threshold, 0.5)
	p.missing = value.NewMissingTexts(p.table.Missing)
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
	asked, err := p.asked(schema)
	if err != nil {
		return err
	}
	names := p.table.Features
	if names == nil && p.table.Base != nil {
		for i := range p.table.Base.Features {
			names = append(names, p.table.Base.Features[i].Name)
		}
	}
	if names != nil {
		for _, name := range names {
			if asked[value.Name(name)] == ignored {
				if p.table.Features != nil {
					return fmt.Errorf("column %q is a feature, and it is named by ignore, score, prediction or outcome: keep one", name)
				}
				continue
			}
			field, err := find(schema, name, "feature")
			if err != nil {
				return err
			}
			c, err := p.columnOf(field, asked[value.Name(name)])
			if err != nil {
				return err
			}
			p.features = append(p.features, c)
		}
		return nil
	}
	for _, field := range schema {
		kind := asked[value.Name(field.Name)]
		if kind == ignored {
			continue
		}
		c, err := p.columnOf(field, kind)
		if err != nil && kind != "" {
			return err
		}
		if err != nil {
			p.notes = append(p.notes, fmt.Sprintf("column %q: left out: it is of type %s", field.Name, typeName(field)))
			continue
		}
		p.features = append(p.features, c)
	}
	return nil
}

// ignored is the type of a column that is no feature.
const ignored = "ignored"

// asked returns the types that flags ask for, by the canonical name of the column.
func (p *plan) asked(schema bigquery.Schema) (map[string]string, error) {
	t := p.table
	asked, flags := map[string]string{}, map[string]string{}
	for _, one := range []struct {
		flag, kind string
		names      []string
	}{
		{"score", ignored, []string{t.Score}}, {"prediction", ignored, []string{t.Prediction}}, {"outcome", ignored, []string{t.Outcome}},
		{"ignore", ignored, t.Ignore}, {"numeric", value.Numeric, t.Numeric}, {"categorical", value.Categorical, t.Categorical},
	} {
		for _, name := range one.names {
			if name == "" {
				continue
			}
			if _, err := find(schema, name, one.flag); err != nil {
				return nil, err
			}
			name = value.Name(name)
			if flag := flags[name]; flag != "" && flag != one.flag {
				return nil, fmt.Errorf("column %q is named by %s and by %s: keep one", name, flag, one.flag)
			}
			asked[name], flags[name] = one.kind, one.flag
		}
	}
	return asked, nil
}

// typeOf returns the type of a feature in the base, "" if the base does not know it.
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

// find returns a top-level column. Names are compared in canonical form. BigQuery ignores case,
// but the log's features do not.
func find(schema bigquery.Schema, name, what string) (*bigquery.FieldSchema, error) {
	if err := checkColumn(name); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	var has []string
	for _, field := range schema {
		if value.Name(field.Name) == value.Name(name) {
			return field, nil
		}
		has = append(has, field.Name)
	}
	return nil, fmt.Errorf("%s %q is not a column of the table, which has %s", what, name, strings.Join(has, ", "))
}

// columnOf says how a field is counted. asked is the type from a flag. Without it the type comes
// from the base, or else it is guessed.
func (p *plan) columnOf(field *bigquery.FieldSchema, asked string) (column, error) {
	if err := checkColumn(field.Name); err != nil {
		return column{}, err
	}
	c := column{name: value.Name(field.Name), asked: asked}
	if asked == "" {
		c.kind = p.typeOf(c.name)
	}
	name := "t." + quote(field.Name)
	kind := cmp.Or(asked, c.kind, value.Numeric)
	switch {
	case field.Repeated:
	case isNumber(field.Type) && kind == value.Numeric:
		c.number, c.expression = true, p.finite(name, field.Type)
		return c, nil
	case isNumber(field.Type) || field.Type == bigquery.BooleanFieldType:
		c.expression = fmt.Sprintf("CAST(%s AS STRING)", name)
		return c, nil
	case field.Type == bigquery.StringFieldType:
		c.expression = name
		return c, nil
	}
	return c, fmt.Errorf("column %q is of type %s, which is neither a number nor a category: make one of it in a view, or leave it out of features", field.Name, typeName(field))
}

func typeName(field *bigquery.FieldSchema) string {
	if field.Repeated {
		return "ARRAY<" + string(field.Type) + ">"
	}
	return string(field.Type)
}

func isNumber(t bigquery.FieldType) bool {
	switch t {
	case bigquery.IntegerFieldType, bigquery.FloatFieldType, bigquery.NumericFieldType, bigquery.BigNumericFieldType:
		return true
	}
	return false
}

// finite returns the expression for a number as FLOAT64. It is NULL for NaN, infinities and the
// numbers that stand for a missing value.
func (p *plan) finite(name string, t bigquery.FieldType) string {
	x := fmt.Sprintf("CAST(%s AS FLOAT64)", name)
	if t == bigquery.FloatFieldType {
		x = fmt.Sprintf("IF(IS_NAN(%s) OR IS_INF(%s), NULL, %s)", name, name, name)
	}
	if len(p.missing.Numbers()) > 0 {
		x = fmt.Sprintf("IF(%s IN UNNEST(@missing), NULL, %s)", x, x)
	}
	return x
}
