package retrain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"gonum.org/v1/gonum/mathext"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// compared is the evidence about a candidate.
type compared struct {
	Candidate quality `json:"candidate"`
	Served    quality `json:"served"`
	// Wins are the rows about which only the candidate is right, Losses those about which only the
	// served model is. Of a regression, they are those to which it is closer.
	Wins   int     `json:"wins"`
	Losses int     `json:"losses"`
	P      float64 `json:"p_value"`
	// Holdout and Without are those of validated.
	Holdout string `json:"holdout,omitempty"`
	Without int    `json:"rows_without_outcome,omitempty"`
}

// loadCandidate loads the candidate of a run. step is the one that needs it.
func loadCandidate(j *respond.Job, step string) (file []byte, m *model.Model, err error) {
	file, m, err = readModel(filepath.Join(j.Folder, candidateModel))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no candidate; put retrain before %s", step)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the candidate does not load: %w", err)
	}
	return file, m, nil
}

// compare compares the candidate with the served model.
func (v *validate) compare(ctx context.Context, j *respond.Job) (respond.Result, error) {
	_, m, err := loadCandidate(j, "this step")
	if err != nil {
		return respond.Result{}, err
	}
	var found compared
	rows, theirs, err := v.against(ctx, j, m, &found)
	if err != nil {
		return respond.Result{}, err
	}
	if len(rows) < v.minimum {
		return respond.Result{}, fmt.Errorf("there are %d rows for this test; %d are needed (minimum_labels)", len(rows), v.minimum)
	}
	ours, err := scored(m, rows)
	if err != nil {
		return respond.Result{}, err
	}
	found.Candidate, found.Served = measure(kindOf(m), ours), measure(kindOf(m), theirs)
	for i := range rows {
		switch order := better(kindOf(m), &ours[i], &theirs[i]); {
		case order > 0:
			found.Wins++
		case order < 0:
			found.Losses++
		}
	}
	found.P = signTest(found.Wins, found.Losses)
	text, isBetter := v.verdict(kindOf(m), &found)
	if !isBetter {
		return respond.Result{Evidence: found, Stop: "the candidate is not better than the served model: " + text}, nil
	}
	return respond.Result{Evidence: found, Text: "the candidate is better than the served model: " + text}, nil
}

// against returns the rows of the comparison, and the answers of the served model.
func (v *validate) against(ctx context.Context, j *respond.Job, candidate *model.Model, found *compared) (rows []labelled, theirs []answer, err error) {
	if v.holdout == nil {
		rows, err = readTest(filepath.Join(j.Folder, testRows))
		return rows, served(kindOf(candidate), rows), err
	}
	before, err := loadServed(v.model, j)
	if err != nil {
		return nil, nil, err
	}
	if kindOf(before) != kindOf(candidate) {
		return nil, nil, fmt.Errorf("the candidate is a %s model, and %s is a %s model", kindOf(candidate), v.model, kindOf(before))
	}
	if rows, found.Without, err = v.holdout.read(ctx, candidate); err != nil {
		return nil, nil, err
	}
	found.Holdout = v.holdout.place()
	theirs, err = scored(before, rows)
	return rows, theirs, err
}

// better is above 0 if the first answer is better than the second, below 0 if it is worse.
func better(kind value.Prediction, a, b *answer) int {
	if kind == value.Regression {
		switch {
		case a.loss < b.loss:
			return 1
		case a.loss > b.loss:
			return -1
		}
		return 0
	}
	switch {
	case a.right && !b.right:
		return 1
	case b.right && !a.right:
		return -1
	}
	return 0
}

// verdict says how the candidate compares, and whether it is better. A regression that is closer to
// most outcomes must not be much farther from some: its mean absolute error must be lower, too.
func (v *validate) verdict(kind value.Prediction, found *compared) (text string, isBetter bool) {
	rows := found.Candidate.Rows
	if kind != value.Regression {
		text = fmt.Sprintf("of %d rows it alone is right about %d, the served model alone about %d (p = %.2g)", rows, found.Wins, found.Losses, found.P)
		return text, found.P < v.level
	}
	text = fmt.Sprintf("of %d rows it is closer to %d, the served model to %d (p = %.2g), and the mean absolute error is %.4g and %.4g",
		rows, found.Wins, found.Losses, found.P, *found.Candidate.Error, *found.Served.Error)
	return text, found.P < v.level && *found.Candidate.Error < *found.Served.Error
}

// signTest returns the probability of at least this many wins among the discordant pairs if either
// model is as likely to be the one that is right: the one-sided exact test of McNemar [1], by the
// incomplete beta function.
//
// [1] McNemar, Q. (1947). "Note on the Sampling Error of the Difference Between Correlated
// Proportions or Percentages". Psychometrika 12 (2): 153-157.
func signTest(wins, losses int) float64 {
	if wins == 0 {
		return 1
	}
	return math.Min(1, mathext.RegIncBeta(float64(wins), float64(losses)+1, 0.5))
}
