package survey

import (
	"fmt"
	"math"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// outcomes notes the values of an outcome column.
type outcomes struct {
	of value.Outcomes
	// seen are the different values, at most one more than there may be classes. kept is the
	// last cell, because cells often repeat.
	seen map[string]bool
	last string
	// texts says that a value is not a number, fractions that one is not whole.
	texts, fractions bool
}

func (o *outcomes) add(cell string) {
	if cell == o.last && cell != "" {
		return
	}
	o.last = strings.Clone(cell)
	o.of.Add(cell)
	text := o.of.Missing.Class(cell)
	if text == "" || o.seen[text] {
		return
	}
	x, kind := value.Number(text)
	switch {
	case kind == value.Missing:
		return // NA, nan and their kin
	case kind == value.Invalid:
		o.texts = true
	case x != math.Trunc(x):
		o.fractions = true
	}
	if len(o.seen) <= value.MaxClasses {
		o.seen[strings.Clone(text)] = true
	}
}

// fewWhole is the number of different whole numbers up to which they are taken for classes.
const fewWhole = 20

// guess says what a model predicts, by the outcomes, and notes it unless it is one of two
// classes. Two values are classes. More are numbers if all of them are numbers, and one is not
// whole or there are many.
func (s *Survey) guess(o *Options, found *outcomes) (value.Prediction, error) {
	_, err := found.of.Coding("")
	switch n := len(found.seen); {
	case err == nil || n <= 2:
		return value.Binary, nil
	case !found.texts && (found.fractions || n > fewWhole):
		s.Notes = append(s.Notes, fmt.Sprintf("outcome column %q has numbers: the model is taken for a regression (--type=regression); if they are classes, say so with --type=multiclass", o.Outcome))
		return value.Regression, nil
	case n > value.MaxClasses:
		return "", fmt.Errorf("outcome column %q has more than %d different texts: a model predicts at most as many classes, and a regression predicts numbers; look for a wrong column, or for texts among numbers", o.Outcome, value.MaxClasses)
	default:
		s.Notes = append(s.Notes, fmt.Sprintf("outcome column %q has %d values: the model is taken for one of as many classes (--type=multiclass); with two classes, empty the cells of all other rows; with numbers, say --type=regression", o.Outcome, n))
		return value.Multiclass, nil
	}
}
