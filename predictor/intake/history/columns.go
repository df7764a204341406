package history

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Columns say what the columns of a file are. The comments name the flags. All others are
// features.
type Columns struct {
	// Model and Version (--model.name, --model.version) are those of all rows.
	Model, Version string
	// Type (--type) is what the model predicts.
	Type value.Prediction
	// Time (--time) has the time of the row. Without it the rows are 1/Rate seconds apart,
	// beginning at Start; without Start, the last row is as old as the file.
	Time  string
	Rate  float64
	Start time.Time
	// Score (--score) and Class (--class) have what the model answered. Without Class, a
	// binary model's score of Threshold or more is class 1.
	Score, Class string
	Threshold    float64
	// Outcome (--outcome) has what became of the row, OutcomeTime (--outcome-time) when
	// that was known; Positive is the outcome that is class 1.
	Outcome, OutcomeTime, Positive string
	// RequestID (--request-id) has the id of the request.
	RequestID string
	// Numeric, Categorical, Ignore and Missing are as in survey.Options.
	Numeric, Categorical, Ignore, Missing []string
}

// check puts the names in canonical form, and refuses what does not go together.
func (c *Columns) check() error {
	for _, name := range []*string{&c.Time, &c.Score, &c.Class, &c.Outcome, &c.OutcomeTime, &c.RequestID} {
		*name = value.Name(*name)
	}
	for i, name := range c.Ignore {
		c.Ignore[i] = value.Name(name)
	}
	switch {
	case c.Model == "":
		return errors.New("--model.name is missing: name the model as the exporter's configuration does")
	case c.Time == "" && !(c.Rate > 0 && c.Rate <= 1e9):
		return fmt.Errorf("--rate=%v: must be above 0 rows a second, such as 1", c.Rate)
	case !(c.Threshold > 0 && c.Threshold < 1):
		return fmt.Errorf("--threshold=%v: must be above 0 and below 1", c.Threshold)
	case c.Type == value.Regression && c.Class != "":
		return errors.New("--class names a class, and a regression has none: name its value with --score")
	case c.Type == value.Regression && c.Score == "":
		return errors.New("--type=regression needs --score, the column with the predicted value")
	case c.Type == value.Multiclass && c.Class == "":
		return errors.New("--type=multiclass needs --class, the column with the predicted class")
	case c.Outcome != "" && c.Score == "" && c.Class == "":
		return errors.New("--outcome needs --score or --class: without a prediction there is nothing to compare it with")
	case c.Outcome == "" && c.OutcomeTime != "":
		return errors.New("--outcome-time needs --outcome")
	}
	return nil
}

// coded reports whether outcomes are two values, of which one is class 1.
func (c *Columns) coded() bool {
	return c.Type.Or(value.Binary) == value.Binary && c.Class == "" && c.Outcome != ""
}

// score checks the score of a row, NaN for none.
func (c *Columns) score(x float64) error {
	switch {
	case math.IsNaN(x) || c.Type == value.Regression:
		return nil
	case x < 0 || x > 1:
		return fmt.Errorf("column %q: the score %v is not a probability: it must be from 0 to 1, or the model is a regression (--type=regression)", c.Score, x)
	}
	return nil
}

// class returns the class of a score, for rows without one of their own.
func (c *Columns) class(x float64) string {
	switch {
	case c.Type == value.Regression || math.IsNaN(x):
		return ""
	case x >= c.Threshold:
		return "1"
	}
	return "0"
}

// outcome reads an outcome that is not coded.
func (c *Columns) outcome(text string) (string, error) {
	if c.Type == value.Regression {
		if x, kind := value.Number(text); kind == value.Missing || kind == value.Known && x-x != 0 {
			return "", nil
		}
		if _, ok := value.OutcomeNumber(text); !ok {
			return "", fmt.Errorf("column %q: the outcome %.40q is not a number, and the model is a regression", c.Outcome, text)
		}
	}
	return value.Category(text), nil
}
