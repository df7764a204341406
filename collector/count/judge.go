package count

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/drift-exporter/drift_exporter/collector/count/sorted"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// heldOut marks a row with an answer of the model, in addition to its [sorted.Mark].
const heldOut = 4

// answer is what the model answered for a row, and the outcome, as classes. Rows with equal
// answers are judged alike.
type answer struct {
	// predicted and actual are classes in canonical form, empty if there is none. Without a
	// column of classes, predicted is "1" for a score at or above the threshold, and "0"
	// otherwise.
	predicted, actual string
	scored            bool
}

// mostAnswers limits the memory for a column that does not contain classes.
const mostAnswers = 1 << 16

// judge says for each row whether the model was right.
type judge struct {
	survey    *survey.Survey
	threshold float64
	columns   []int // score, class, outcome: of those there are
	score     int   // place in columns, -1 without one
	class     int
	outcome   int

	regression bool

	marks map[answer]uint8
	rows  map[answer]int64
	held  int64
	all   *reference.HeldOut // of each answer
	order []answer           // of these
}

// newJudge completes the options with what the answers show.
func newJudge(ctx context.Context, t rows.Table, s *survey.Survey, o *Options, b *reference.BuildOptions) (*judge, error) {
	j := &judge{survey: s, threshold: o.Threshold, marks: map[answer]uint8{}, rows: map[answer]int64{}, score: -1, class: -1, outcome: -1}
	for _, role := range []struct {
		at   *int
		role survey.Role
	}{{&j.score, survey.Score}, {&j.class, survey.Class}, {&j.outcome, survey.Outcome}} {
		if i := s.Find(role.role); i >= 0 {
			*role.at = len(j.columns)
			j.columns = append(j.columns, i)
		}
	}
	if j.score < 0 && j.class < 0 {
		j.columns = nil // nothing to hold outcomes against
		return j, nil
	}
	if b.Type = s.Type; b.Type == value.Regression {
		return j, j.numbers(o)
	}
	if err := j.find(ctx, t); err != nil {
		return nil, err
	}
	if o.Type == "" && o.Positive == "" && j.class >= 0 {
		j.guess(b)
	}
	if b.Type == value.Multiclass && j.class < 0 {
		return nil, fmt.Errorf("outcome column %q has more than two classes: name the column with the predicted class with --class; the score is the probability of that class", o.Outcome)
	}
	return j, j.learn(o, b)
}

// guess takes a model for a multiclass model if it predicts more than two classes.
func (j *judge) guess(b *reference.BuildOptions) {
	predicted := map[string]bool{}
	for _, a := range j.order {
		predicted[a.predicted] = true
	}
	if delete(predicted, ""); len(predicted) > 2 {
		b.Type = value.Multiclass
		j.survey.Notes = append(j.survey.Notes, fmt.Sprintf("class column %q has %d classes: the model is taken for one of many classes, and a score for the probability of the predicted class (--type=multiclass); if a score is the probability of one class, name it with --positive",
			j.survey.Columns[j.columns[j.class]].Name, len(predicted)))
	}
}

// numbers prepares for a regression: all rows with a predicted value are held out, and none is
// right or wrong.
func (j *judge) numbers(o *Options) error {
	if j.score < 0 || j.class >= 0 {
		return errors.New("--type=regression: name the column with the predicted value with --score, and leave out --class")
	}
	if o.Positive != "" {
		return errors.New("--positive: a regression has no positive class, leave it out")
	}
	one := answer{scored: true}
	j.regression, j.order = true, []answer{one}
	j.marks[one] = uint8(sorted.Unknown) | heldOut
	j.all = &reference.HeldOut{Index: []int{0}}
	return nil
}

// find lists the different answers in the table.
func (j *judge) find(ctx context.Context, t rows.Table) error {
	if j.class < 0 {
		actual := []string{""}
		if j.outcome >= 0 {
			actual = append(actual, "0", "1")
		}
		for _, y := range actual {
			j.order = append(j.order, answer{"0", y, true}, answer{"1", y, true})
		}
		return nil
	}
	known := map[answer]bool{}
	err := t.Scan(ctx, &rows.Pass{Together: j.columns, Rows: j.answers, Then: func(p *rows.Piece) error {
		for _, a := range p.Made.([]answer) {
			if a == (answer{}) || known[a] {
				continue
			}
			known[a] = true
			if j.order = append(j.order, a); len(j.order) > mostAnswers {
				return fmt.Errorf("--class: column %q has too many different texts to be classes", j.survey.Columns[j.columns[j.class]].Name)
			}
		}
		return nil
	}})
	return err
}

// learn makes labels from the answers, as if each were a row.
func (j *judge) learn(o *Options, b *reference.BuildOptions) error {
	a := reference.Answers{Outcome: o.Outcome, Coding: j.survey.Coding}
	for _, one := range j.order {
		if j.score >= 0 {
			a.Scores = append(a.Scores, j.scoreOf(one))
		}
		switch {
		case j.class >= 0:
			a.Predicted = append(a.Predicted, one.predicted)
			if j.outcome >= 0 {
				a.Actual = append(a.Actual, one.actual)
			}
		case j.outcome >= 0:
			a.Outcomes = append(a.Outcomes, map[string]float64{"": math.NaN(), "0": 0, "1": 1}[one.actual])
		}
	}
	if j.class >= 0 && a.Predicted == nil {
		a.Predicted = []string{} // a column without a class
	}
	labels, err := a.HeldOut(o.Positive, o.Threshold, b)
	if err != nil {
		return err
	}
	j.all = labels
	for i, at := range labels.Index {
		mark := uint8(sorted.Unknown)
		if len(labels.Actual) > 0 && labels.Actual[i] != "" && labels.Predicted[i] != "" {
			if mark = uint8(sorted.Wrong); labels.Actual[i] == labels.Predicted[i] {
				mark = uint8(sorted.Right)
			}
		}
		j.marks[j.order[at]] = mark | heldOut
	}
	return nil
}

// scoreOf returns a score that gives this answer.
func (j *judge) scoreOf(a answer) float64 {
	switch {
	case !a.scored:
		return math.NaN()
	case j.class < 0 && a.predicted == "1":
		return j.threshold
	}
	return 0
}

// answers fills in the answers of some rows.
func (j *judge) answers(p *rows.Piece) error {
	all := make([]answer, p.Rows)
	p.Made = all
	if j.score >= 0 {
		if err := j.scores(p, all); err != nil {
			return err
		}
	}
	if j.regression {
		return nil
	}
	missing, coded := j.survey.Missing, j.survey.Coded
	for row := range all {
		a := &all[row]
		if j.class >= 0 {
			a.predicted = missing.Class(p.Cells(j.class).Text(row))
		}
		switch {
		case j.outcome < 0:
		case coded:
			a.actual = j.survey.Coding.Class(p.Cells(j.outcome).Text(row))
		default:
			a.actual = missing.Class(p.Cells(j.outcome).Text(row))
		}
	}
	return nil
}

// scratch is memory for the scores of some rows.
type scratch struct {
	x     []float64
	kinds []value.Kind
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// scores reads the scores of some rows.
func (j *judge) scores(p *rows.Piece, all []answer) error {
	room := scratches.Get().(*scratch)
	defer scratches.Put(room)
	if cap(room.x) < p.Rows {
		room.x, room.kinds = make([]float64, p.Rows), make([]value.Kind, p.Rows)
	}
	x, kinds := room.x[:p.Rows], room.kinds[:p.Rows]
	p.Cells(j.score).Numbers(&j.survey.Columns[j.columns[j.score]].Read, x, kinds)
	if err := j.survey.CheckScores(kinds, p.Cells(j.score), p); err != nil {
		return err
	}
	for row, kind := range kinds {
		if kind != value.Known {
			continue
		}
		if all[row].scored = true; j.class < 0 && !j.regression {
			all[row].predicted = "0"
			if x[row] >= j.threshold {
				all[row].predicted = "1"
			}
		}
	}
	return nil
}

// mark judges some rows.
func (j *judge) mark(p *rows.Piece) error {
	if err := j.answers(p); err != nil {
		return err
	}
	all := p.Made.([]answer)
	p.Marks = make([]uint8, p.Rows)
	made := map[answer]int64{}
	for row, a := range all {
		mark := j.marks[a]
		if p.Marks[row] = mark; mark != 0 {
			made[a]++
		}
	}
	p.Made = made
	return nil
}

// count counts the answers of some rows.
func (j *judge) count(p *rows.Piece) {
	if p.Marks == nil {
		return
	}
	for a, n := range p.Made.(map[answer]int64) {
		j.rows[a] += n
		j.held += n
	}
}

// labels returns the answers with their numbers of rows, and whether any outcome is known.
func (j *judge) labels() (labels *reference.HeldOut, judged bool) {
	labels = &reference.HeldOut{}
	if j.all == nil {
		return labels, false
	}
	for i, at := range j.all.Index {
		a := j.order[at]
		if j.rows[a] == 0 {
			continue
		}
		labels.Rows = append(labels.Rows, j.rows[a])
		if j.all.Predicted != nil {
			labels.Predicted = append(labels.Predicted, j.all.Predicted[i])
		}
		if j.all.Actual != nil {
			labels.Actual = append(labels.Actual, j.all.Actual[i])
			judged = judged || j.marks[a]&^heldOut != 0
		}
	}
	return labels, judged
}
