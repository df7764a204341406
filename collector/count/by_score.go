package count

import (
	"context"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// scored is what a row adds to a reference.Scoring: for a regression the predicted value and the
// outcome, and else the score and the answer.
type scored struct {
	score, truth float64
	answer       answer
}

// byScore reads the answers once more if the type of predictions needs outcomes by the bins of
// the score, which are known only now.
func (j *judge) byScore(ctx context.Context, t rows.Table, r *reference.Reference) error {
	counts := r.NewScoring()
	if counts == nil || j.outcome < 0 {
		return nil
	}
	classes := map[answer][2]string{}
	for i, at := range j.all.Index {
		if j.all.Actual != nil {
			classes[j.order[at]] = [2]string{j.all.Predicted[i], j.all.Actual[i]}
		}
	}
	pass := rows.Pass{Together: j.columns, Rows: j.scored, Then: func(p *rows.Piece) error {
		for _, s := range p.Made.([]scored) {
			if j.regression {
				counts.Number(s.score, s.truth)
			} else if pair := classes[s.answer]; pair[0] != "" {
				counts.Class(s.score, pair[0], pair[1])
			}
		}
		return nil
	}}
	if err := t.Scan(ctx, &pass); err != nil {
		return err
	}
	return counts.Done()
}

// scored reads the scores and outcomes of some rows, of those that have both.
func (j *judge) scored(p *rows.Piece) error {
	score, kinds := make([]float64, p.Rows), make([]value.Kind, p.Rows)
	p.Cells(j.score).Numbers(&j.survey.Columns[j.columns[j.score]].Read, score, kinds)
	made := make([]scored, 0, p.Rows)
	if j.regression {
		truth, known := make([]float64, p.Rows), make([]value.Kind, p.Rows)
		p.Cells(j.outcome).Numbers(&value.Column{Type: value.Numeric, Missing: j.survey.Missing}, truth, known)
		if err := j.survey.CheckTruth(known, p.Cells(j.outcome), p); err != nil {
			return err
		}
		for row := range p.Rows {
			if kinds[row] == value.Known && known[row] == value.Known {
				made = append(made, scored{score: score[row], truth: truth[row]})
			}
		}
		p.Made = made
		return nil
	}
	if err := j.answers(p); err != nil {
		return err
	}
	for row, a := range p.Made.([]answer) {
		if kinds[row] == value.Known {
			made = append(made, scored{score: score[row], answer: a})
		}
	}
	p.Made = made
	return nil
}
