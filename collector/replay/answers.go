package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// defaultThreshold is the score at or above which the positive class is more likely.
const defaultThreshold = 0.5

// mostOutcomes limits the memory for a column that does not contain outcomes.
const mostOutcomes = 1000

// answers reads the predicted and the actual classes of a file as the classes of a reference.
type answers struct {
	column             value.Column // of the score
	missing            *value.MissingTexts
	classes            value.Classes
	negative, positive string
	threshold          float64
	coding             value.Coding // of the outcomes, when coded
	coded              bool
	classCoding        value.Coding      // of the predicted classes, if they are not those of the reference
	two                bool              // the reference names two classes
	many               bool              // more than two classes
	multiclass         bool              // a score is the probability of the predicted class
	number             bool              // a regression: scores and outcomes are numbers, and there are no classes
	known              map[string]string // a class by its cell, so that equal ones are one string
}

func newAnswers(r *reference.Reference, o *Rows) answers {
	a := answers{
		missing: value.NewMissingTexts(append(append([]string(nil), r.Missing...), o.Missing...)),
		classes: r.ValueClasses(), negative: "0", positive: cmp.Or(r.Positive, "1"),
		threshold: cmp.Or(o.Threshold, r.Threshold, defaultThreshold), known: map[string]string{},
		many: len(r.Classes) > 2 || r.Type == value.Multiclass, multiclass: r.Type == value.Multiclass, number: r.Type == value.Regression,
	}
	a.two = len(r.Classes) == 2
	a.column = value.Column{Type: value.Numeric, Missing: a.missing}
	for _, c := range r.Classes {
		if c.Class != a.positive {
			a.negative = c.Class
			break
		}
	}
	return a
}

// of returns the class that a score predicts.
func (a *answers) of(score float64) string {
	if a.multiclass || a.number {
		return "" // It is in another column, or there is none.
	}
	if score >= a.threshold {
		return a.positive
	}
	return a.negative
}

// class returns the class of a cell. A text that is no class stays unchanged, in canonical form.
func (a *answers) class(cell string) string {
	class, ok := a.known[cell]
	if !ok {
		if class, ok = a.classes.Match(cell); !ok {
			class = cmp.Or(a.decoded(a.classCoding, cell), value.Category(cell))
		}
		if a.missing.HasCategory(value.Category(cell)) {
			class = ""
		}
		if len(a.known) < mostOutcomes {
			a.known[strings.Clone(cell)] = strings.Clone(class)
		}
	}
	return class
}

// learn decides how outcomes are read. It looks at all of them. They are classes if each of them
// is one, or if there are more than two classes. Otherwise their coding is used.
func (a *answers) learn(cells map[string]int64, positive string) error {
	outcomes := value.Outcomes{Missing: a.missing}
	for cell := range cells {
		if _, ok := a.classes.Match(cell); !ok {
			outcomes.Add(cell)
		}
	}
	if a.number {
		return nil
	}
	class, named := a.classes.Match(positive)
	if a.many || outcomes.Empty() && (positive == "" || named && class == a.positive) {
		return nil
	}
	for _, cell := range slices.Sorted(maps.Keys(cells)) {
		outcomes.Add(cell)
	}
	var err error
	a.coding, err = outcomes.Coding(positive)
	a.coded = true
	return err
}

// outcome returns the actual class, or the number of a regression, empty if the cell has none.
func (a *answers) outcome(cell string) string {
	if a.number {
		return a.numberOf(cell)
	}
	if !a.coded {
		class, ok := a.classes.Match(cell)
		if !ok && a.many {
			return a.class(cell) // one that the reference does not hold
		}
		if !ok || a.missing.HasCategory(value.Category(cell)) {
			return ""
		}
		return class
	}
	return a.decoded(a.coding, cell)
}

// decoded returns the class that a cell means by a coding, empty if it means none.
func (a *answers) decoded(coding value.Coding, cell string) string {
	if coding == (value.Coding{}) {
		return ""
	}
	switch coding.Class(cell) {
	case "1":
		return a.positive
	case "0":
		return a.negative
	}
	return ""
}

// learnClasses decides how predicted classes are read if none of them is a class of the
// reference: as the outcomes, or by a coding of their own. Otherwise every row would count as
// a wrong prediction.
func (a *answers) learnClasses(cells map[string]int64, positive string) error {
	if a.many || a.number || !a.two && !a.coded {
		return nil
	}
	classes, alike := value.Outcomes{Missing: a.missing}, a.coded
	for _, cell := range slices.Sorted(maps.Keys(cells)) {
		if _, ok := a.classes.Match(cell); ok {
			return nil
		}
		classes.Add(cell)
		alike = alike && (a.missing.Class(cell) == "" || a.coding.Class(cell) != "")
	}
	if a.classCoding = a.coding; alike || classes.Empty() {
		return nil
	}
	var err error
	a.classCoding, err = classes.Coding(positive)
	return err
}

// numberOf returns the outcome of a regression.
func (a *answers) numberOf(cell string) string {
	if v := a.column.Read(cell); v.Kind != value.Known {
		return ""
	}
	if _, ok := value.OutcomeNumber(cell); !ok {
		return ""
	}
	return strings.Clone(strings.TrimSpace(cell))
}

// scores contains the lowest and the highest score of a file. Without scores they are infinite.
type scores struct{ low, high float64 }

func (s *scores) add(score float64) { s.low, s.high = min(s.low, score), max(s.high, score) }

// check refuses scores that are no probabilities, such as percentages and logits.
func (s *scores) check(name string, a *answers) error {
	of := "positive"
	if a.multiclass {
		of = "predicted"
	}
	if (s.low < 0 || s.high > 1) && !a.number {
		return fmt.Errorf("column %q: the scores go from %v to %v: a score is the probability of the %s class, from 0 to 1", name, s.low, s.high, of)
	}
	return nil
}
