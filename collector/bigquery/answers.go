package bigquery

import (
	"errors"
	"fmt"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// answers finds the columns of the score, the prediction and the outcome.
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
		p.score = p.finite("t."+quote(field.Name), field.Type)
		p.predicted = fmt.Sprintf("CASE WHEN %s >= @threshold THEN '1' WHEN %s < @threshold THEN '0' END", p.score, p.score)
	}
	switch p.predicts {
	case value.Regression:
		return p.numbers(schema)
	case value.Multiclass:
		if p.predicted = ""; t.Score != "" && t.Prediction == "" {
			return errors.New("a model of many classes needs the column with the predicted class: name it under prediction (--class); the score is its probability")
		}
	}
	if t.Prediction != "" {
		var err error
		if p.predicted, err = class(schema, t.Prediction, "prediction"); err != nil {
			return err
		}
		p.verbatim = true
	}
	if t.Outcome == "" {
		return nil
	}
	actual, err := class(schema, t.Outcome, "outcome")
	if err != nil {
		return err
	}
	if p.predicted != "" { // Else there is nothing to compare it with: it is only left out of the features.
		p.actual = actual
	}
	return nil
}

// numbers finds the outcome of a regression, whose score is the predicted value.
func (p *plan) numbers(schema bigquery.Schema) error {
	t := p.table
	p.predicted = ""
	if t.Prediction != "" {
		return fmt.Errorf("prediction %q: a regression predicts no class; name the predicted value under score", t.Prediction)
	}
	if t.Outcome == "" || p.score == "" {
		return nil
	}
	field, err := find(schema, t.Outcome, "outcome")
	switch {
	case err != nil:
		return err
	case !isNumber(field.Type) || field.Repeated:
		return fmt.Errorf("outcome %q is of type %s: the outcome of a regression must be a number", t.Outcome, field.Type)
	}
	p.truth = p.finite("t."+quote(field.Name), field.Type)
	return nil
}

// class returns the expression for the text of a class.
func class(schema bigquery.Schema, name, what string) (string, error) {
	field, err := find(schema, name, what)
	if err != nil {
		return "", err
	}
	quoted := "t." + quote(field.Name)
	switch {
	case field.Repeated:
	case field.Type == bigquery.StringFieldType:
		return quoted, nil
	case field.Type == bigquery.BooleanFieldType || isNumber(field.Type):
		return fmt.Sprintf("CAST(%s AS STRING)", quoted), nil
	}
	return "", fmt.Errorf("%s %q is of type %s: it must be STRING, BOOL or a number", what, name, field.Type)
}
