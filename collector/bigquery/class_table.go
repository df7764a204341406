package bigquery

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// mostClasses is the maximum number of pairs of a predicted and an actual class. A column with
// more pairs does not contain classes.
const mostClasses = 10_000

// classTable says what the texts of the predicted and the actual class mean.
type classTable struct {
	heldOut *reference.HeldOut // nil: nothing was predicted
	// rows says how the rows with these texts count.
	rows  map[classes]rowsOfClasses
	known bool // there are rows with a known outcome
}

// rowsOfClasses says whether the rows were held out, whether their outcome is known, and whether
// the model was right.
type rowsOfClasses struct {
	held, labelled, right bool
	predicted, actual     string // as classes of the reference; actual is empty if there is none
}

// newClassTable reads the classes by the same rules as for a CSV, and completes the options. The
// cells count all rows by their classes.
func (p *plan) newClassTable(cells []cell, o *reference.BuildOptions) (*classTable, error) {
	t := &classTable{rows: map[classes]rowsOfClasses{}}
	if p.predicted == "" {
		return t, nil
	}
	if len(cells) > mostClasses {
		return nil, fmt.Errorf("prediction %q and outcome %q have more than %d pairs of values: name the columns of the classes", p.table.Prediction, p.table.Outcome, mostClasses)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return strings.Compare(a.classes.predicted+"\x00"+a.classes.actual, b.classes.predicted+"\x00"+b.classes.actual)
	})
	answers, err := p.read(cells)
	if err != nil {
		return nil, err
	}
	if t.heldOut, err = answers.HeldOut(p.positive(), p.threshold, o); err != nil {
		return nil, err
	}
	for i, at := range t.heldOut.Index {
		c := &cells[at]
		t.heldOut.Rows = append(t.heldOut.Rows, c.n)
		v := rowsOfClasses{held: t.heldOut.Predicted[i] != "" || !p.verbatim, predicted: t.heldOut.Predicted[i]}
		if len(t.heldOut.Actual) > 0 {
			v.labelled = t.heldOut.Predicted[i] != "" && t.heldOut.Actual[i] != ""
			v.actual = t.heldOut.Actual[i]
			v.right = v.labelled && t.heldOut.Predicted[i] == t.heldOut.Actual[i]
		}
		t.known = t.known || v.labelled
		t.rows[c.classes] = v
	}
	return t, nil
}

// read reads the texts of the classes.
func (p *plan) read(cells []cell) (*reference.Answers, error) {
	a := &reference.Answers{Outcome: p.table.Outcome}
	coded := p.actual != "" && !p.verbatim
	outcomes := value.Outcomes{Missing: p.missing}
	for i := range cells {
		c := &cells[i].classes
		score := math.NaN() // Without a class, rows with a score are held out and of no class.
		switch {
		case p.verbatim:
			a.Predicted = append(a.Predicted, p.missing.Class(c.predicted))
		case c.predicted == "1":
			score = 1
		case c.predicted == "0":
			score = 0
		}
		if p.score != "" {
			a.Scores = append(a.Scores, score)
		}
		switch {
		case coded:
			outcomes.Add(c.actual)
		case p.actual != "":
			a.Actual = append(a.Actual, p.missing.Class(c.actual))
		}
	}
	if !coded {
		return a, nil
	}
	var err error
	if a.Coding, err = outcomes.Coding(p.positive()); err != nil {
		return nil, fmt.Errorf("outcome column %q %w", p.table.Outcome, err)
	}
	for i := range cells {
		y := math.NaN()
		switch a.Coding.Class(cells[i].classes.actual) {
		case "1":
			y = 1
		case "0":
			y = 0
		}
		a.Outcomes = append(a.Outcomes, y)
	}
	return a, nil
}

// positive returns the positive class as the user named it, "" for the default.
func (p *plan) positive() string {
	if base := p.table.Base; p.table.Positive == "" && base != nil && base.Positive != "1" {
		return base.Positive
	}
	return p.table.Positive
}

// count returns how many rows of a cell have a known outcome, and for how many of these the model
// was right.
func (t *classTable) count(c *cell) (labelled, correct int64) {
	v := t.rows[c.classes]
	if v.labelled {
		labelled = c.n
	}
	if v.right {
		correct = c.n
	}
	return labelled, correct
}
