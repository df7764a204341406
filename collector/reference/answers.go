package reference

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Answers contains the columns with the answers of a model and the outcomes, as they were read. A
// field is nil if its column does not exist.
type Answers struct {
	// Scores are NaN where there is no score.
	Scores []float64
	// Predicted are the classes of the class column. Actual are the classes of the outcome
	// column, if there is a class column. Both are in canonical form, and empty where there is no
	// class.
	Predicted, Actual []string
	// Outcomes are the values of the outcome column, if there is no class column: 1, 0 or NaN.
	// Coding says which values of the column mean 1 and 0.
	Outcomes []float64
	Coding   value.Coding
	// Outcome is the name of the outcome column.
	Outcome string
}

// HeldOut returns the answers and outcomes of all rows that have an answer. The classes come from
// the class column, or otherwise from the scores and the threshold. HeldOut returns nil if there
// is neither. It sets the positive class, the classes and the threshold in the options. positive
// is the class whose probability a score is. It is "" if the classes are 0 and 1, or false and
// true.
func (d *Answers) HeldOut(positive string, threshold float64, o *BuildOptions) (*HeldOut, error) {
	switch {
	case o.Type == value.Multiclass && d.Predicted == nil:
		return nil, errors.New("--type=multiclass: name the column with the predicted class with --class; the score is the probability of that class")
	case o.Type == value.Multiclass:
		return heldOutOfMany(d, o), nil
	case d.Predicted != nil:
		return heldOutByClass(d, positive, o)
	case d.Scores != nil:
		return heldOutByScore(d, threshold, o), nil
	}
	return nil, nil
}

// heldOutOfMany takes the classes of a multiclass model from their columns.
func heldOutOfMany(d *Answers, o *BuildOptions) *HeldOut {
	for _, text := range distinctTexts(append(slices.Clone(d.Predicted), d.Actual...)) {
		if _, kind := value.Number(text); kind != value.Missing { // NA, nan and their kin
			o.Classes = append(o.Classes, value.Class{Text: text})
		}
	}
	match := value.NewClosedClassReader(o.Classes)
	heldOut := &HeldOut{}
	for row, text := range d.Predicted {
		score := math.NaN()
		if d.Scores != nil {
			score = d.Scores[row]
		}
		predicted, _ := match.Actual(text)
		if predicted == "" && math.IsNaN(score) {
			continue
		}
		heldOut.Index, heldOut.Predicted = append(heldOut.Index, row), append(heldOut.Predicted, predicted)
		if d.Scores != nil {
			heldOut.Score = append(heldOut.Score, score)
		}
		if d.Actual != nil {
			actual, _ := match.Actual(d.Actual[row])
			heldOut.Actual = append(heldOut.Actual, actual)
		}
	}
	return heldOut
}

// heldOutByScore makes the classes from the scores. Their texts are the texts of the outcomes.
// They also have the names 0 and 1, so that a log may contain either.
func heldOutByScore(d *Answers, threshold float64, o *BuildOptions) *HeldOut {
	classes := []value.Class{{Text: "0"}, {Text: "1"}}
	if d.Outcomes != nil && d.Coding.Negative != "" {
		for i, named := range d.Coding.Classes() {
			if named.Name != "" {
				classes[i] = value.Class{Text: named.Name, Name: named.Text}
			}
		}
	}
	texts := [2]string{classes[0].Text, classes[1].Text}
	o.Classes, o.Positive, o.Threshold = classes, texts[1], threshold
	heldOut := &HeldOut{}
	for row, score := range d.Scores {
		if math.IsNaN(score) {
			continue
		}
		heldOut.Index, heldOut.Score = append(heldOut.Index, row), append(heldOut.Score, score)
		heldOut.Predicted = append(heldOut.Predicted, texts[index(score >= threshold)])
		if d.Outcomes != nil {
			actual := "" // not known
			if y := d.Outcomes[row]; !math.IsNaN(y) {
				actual = texts[index(y == 1)]
			}
			heldOut.Actual = append(heldOut.Actual, actual)
		}
	}
	return heldOut
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// heldOutByClass takes the classes from their column.
func heldOutByClass(d *Answers, positive string, o *BuildOptions) (*HeldOut, error) {
	classes, err := classesOf(d, positive)
	if err != nil {
		return nil, err
	}
	match := value.NewClasses(classes)
	if o.Positive, err = positiveOf(classes, positive, d.Scores != nil); err != nil {
		return nil, err
	}
	o.Classes = classes
	heldOut := &HeldOut{}
	for row, predicted := range d.Predicted {
		score := math.NaN()
		if d.Scores != nil {
			score = d.Scores[row]
		}
		if predicted == "" && math.IsNaN(score) {
			continue
		}
		predicted, _ = match.Match(predicted)
		heldOut.Index, heldOut.Predicted = append(heldOut.Index, row), append(heldOut.Predicted, predicted)
		if d.Scores != nil {
			heldOut.Score = append(heldOut.Score, score)
		}
		if d.Actual != nil {
			actual, _ := match.Match(d.Actual[row])
			heldOut.Actual = append(heldOut.Actual, actual)
		}
	}
	return heldOut, nil
}

// classesOf returns the classes of a column of predictions and of its outcomes. Outcomes may
// spell them differently. If it is known which of two classes is positive, the classes also have
// the names 0 and 1. It is an error if outcomes of two classes have other values.
func classesOf(d *Answers, positive string) ([]value.Class, error) {
	predicted := distinctTexts(d.Predicted)
	if len(predicted) == 0 {
		return nil, fmt.Errorf("--class: the column has no class in any row")
	}
	classes := make([]value.Class, len(predicted))
	for i, text := range predicted {
		classes[i].Text = text
	}
	positive = value.Category(positive)
	if len(classes) == 2 && slices.Contains(predicted, positive) {
		for i := range classes {
			name := []string{"0", "1"}[index(classes[i].Text == positive)]
			if !slices.ContainsFunc(predicted, func(text string) bool { return text == "0" || text == "1" || text == "true" || text == "false" }) {
				classes[i].Name = name
			}
		}
	}
	match := value.NewClasses(classes)
	var others []string
	for _, text := range distinctTexts(d.Actual) {
		if _, ok := match.Match(text); ok {
			continue
		}
		if _, kind := value.Number(text); kind == value.Missing {
			continue // NA, nan and their kin
		}
		others = append(others, text)
	}
	if len(classes) <= 2 && len(classes)+len(others) > 2 {
		return nil, fmt.Errorf("outcome column %q has the value %q, but the predicted classes are %s: write them alike, or say with --positive which class is 1", d.Outcome, others[0], quoted(predicted))
	}
	for _, text := range others {
		classes = append(classes, value.Class{Text: text})
	}
	return classes, nil
}

// positiveOf returns the class whose probability a score is.
func positiveOf(classes []value.Class, positive string, scored bool) (string, error) {
	match := value.NewClasses(classes)
	var texts []string
	for _, c := range classes {
		texts = append(texts, c.Text)
	}
	if positive == "" {
		for _, guess := range []string{"1", "true"} {
			if class, ok := match.Match(guess); ok {
				return class, nil
			}
		}
		if !scored && len(classes) != 2 {
			return slices.Min(texts), nil
		}
	}
	if class, ok := match.Match(positive); ok {
		return class, nil
	}
	if positive == "" {
		return "", fmt.Errorf("the predicted classes are %s: say with --positive which of them is class 1", quoted(texts))
	}
	return "", fmt.Errorf("--positive=%s: the predicted classes are %s", positive, quoted(texts))
}

// distinctTexts returns the different texts of a column in ascending order, without the empty
// text.
func distinctTexts(texts []string) []string {
	seen := map[string]bool{}
	for _, text := range texts {
		seen[text] = true
	}
	delete(seen, "")
	return slices.SortedFunc(maps.Keys(seen), cmp.Compare[string])
}

// quoted lists up to ten texts.
func quoted(texts []string) string {
	var list []string
	for _, text := range texts[:min(len(texts), 10)] {
		list = append(list, fmt.Sprintf("%.40q", text))
	}
	if len(texts) > 10 {
		list = append(list, "...")
	}
	return strings.Join(list, ", ")
}
