package bigquery

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// mostClasses is the number of pairs of a predicted and an actual class that there are
// at most: more are no classes.
const mostClasses = 10_000

// judge says what the texts of the classes mean.
type judge struct {
	labels *reference.Labels // nil: nothing was predicted
	// verdicts are those of the rows with these texts.
	verdicts map[classes]verdict
	known    bool // there are rows with a known outcome
}

// verdict is whether rows were held out, their outcome is known, and the model was right.
type verdict struct{ held, labelled, right bool }

// newJudge reads the classes by the rules of a CSV, and completes the options. The cells
// have all rows by their classes.
func (p *plan) newJudge(cells []cell, o *reference.BuildOptions) (*judge, error) {
	j := &judge{verdicts: map[classes]verdict{}}
	if p.predicted == "" {
		return j, nil
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
	if j.labels, err = answers.Labels(p.positive(), p.threshold, o); err != nil {
		return nil, err
	}
	for i, at := range j.labels.Index {
		c := &cells[at]
		j.labels.Rows = append(j.labels.Rows, c.n)
		v := verdict{held: j.labels.Predicted[i] != "" || !p.verbatim}
		if len(j.labels.Actual) > 0 {
			v.labelled = j.labels.Predicted[i] != "" && j.labels.Actual[i] != ""
			v.right = v.labelled && j.labels.Predicted[i] == j.labels.Actual[i]
		}
		j.known = j.known || v.labelled
		j.verdicts[c.classes] = v
	}
	return j, nil
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

// positive is the positive class as it was named, "" where it goes without saying.
func (p *plan) positive() string {
	if base := p.table.Base; p.table.Positive == "" && base != nil && base.Positive != "1" {
		return base.Positive
	}
	return p.table.Positive
}

// count is how many rows of a cell are labelled, and how many of these are right.
func (j *judge) count(c *cell) (labelled, correct int64) {
	v := j.verdicts[c.classes]
	if v.labelled {
		labelled = c.n
	}
	if v.right {
		correct = c.n
	}
	return labelled, correct
}
