package value

import (
	"fmt"
	"strings"
)

// Prediction is the type of what a model predicts. The empty text is Binary.
type Prediction string

// Types of predictions.
const (
	// Binary is one of two classes. The score is the probability of the positive class.
	Binary Prediction = "binary"
	// Multiclass is one of up to [MaxClasses] classes. The score, if there is one, is the
	// probability of the predicted class.
	Multiclass Prediction = "multiclass"
	// Regression is a finite number, which is the score. There is no class, and the outcome is a
	// finite number, too.
	Regression Prediction = "regression"
)

// Predictions are all types.
var Predictions = []Prediction{Binary, Multiclass, Regression}

// MaxClasses is the largest number of classes of a multiclass model.
const MaxClasses = 200

// ParsePrediction returns the type with a name. The empty name is [Binary].
func ParsePrediction(name string) (Prediction, error) {
	switch p := Prediction(name); p {
	case "":
		return Binary, nil
	case Binary, Multiclass, Regression:
		return p, nil
	}
	return "", fmt.Errorf("type %.40q is unknown: write %s, %s or %s", name, Binary, Multiclass, Regression)
}

// HasClasses reports whether the model predicts classes, and not numbers.
func (p Prediction) HasClasses() bool { return p != Regression }

// ScoreIsProbability reports whether a score lies between 0 and 1.
func (p Prediction) ScoreIsProbability() bool { return p != Regression }

// Or returns the type, or another one if it is empty.
func (p Prediction) Or(other Prediction) Prediction {
	if p == "" {
		return other
	}
	return p
}

// OutcomeNumber reads the outcome of a regression. It reports false for what is not a finite
// number, such as true, which then is no outcome.
func OutcomeNumber(text string) (float64, bool) {
	x, kind := Number(strings.TrimSpace(text))
	return x, kind == Known && x-x == 0 && !IsBoolean(text)
}
