package window

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// foldNumber adds an outcome of a regression. An outcome that is no finite number changes
// nothing. That of a prediction without a predicted value is known, but has no error.
func (f *feedback) foldNumber(row *predictionlog.FeedbackRow, rows labelled) {
	truth, ok := value.OutcomeNumber(row.Outcome)
	if !ok {
		return
	}
	if rows != nil {
		rows.outcome(row, false)
	}
	if !row.HasScore || math.IsInf(row.Score-truth, 0) {
		return
	}
	if rows != nil {
		rows.judged(row, f.layout.lossOf(row.Score-truth))
	}
	f.records = append(f.records, record{seq: row.Seq, prediction: row.PredictionID, score: row.Score, hasScore: true, truth: truth, looked: true})
	f.added(row)
}

// errors describes the errors of the effective records, nil without any. If nothing has changed
// since the last call, it returns the same pointer again.
func (f *feedback) errors() *snapshot.Regression {
	if f.regression != nil || f.empty() {
		return f.regression
	}
	n := len(f.current)
	numbers := make([]float64, 0, 5*n)
	column := func() []float64 {
		part := numbers[len(numbers) : len(numbers)+n]
		numbers = numbers[:len(numbers)+n]
		return part
	}
	predicted, actual, errors, absolute, squares := column(), column(), column(), column(), column()
	var fine []int64
	if f.layout != nil && f.layout.byValue != nil {
		fine = make([]int64, f.layout.columns[f.layout.score].binning.Codes())
	}
	i := 0
	for _, r := range f.records {
		if !f.effective(r) {
			continue
		}
		e := r.score - r.truth
		predicted[i], actual[i], errors[i], absolute[i], squares[i] = r.score, r.truth, e, math.Abs(e), e*e
		if fine != nil {
			fine[f.layout.columns[f.layout.score].binning.Number(r.score)]++
		}
		i++
	}
	f.regression = &snapshot.Regression{Errors: drift.SampleOf(errors), Absolute: drift.SampleOf(absolute), Squares: drift.SampleOf(squares), Sorted: slices.Clone(errors)}
	slices.Sort(f.regression.Sorted)
	if r := drift.RSquared(predicted, actual); !math.IsNaN(r) && !math.IsInf(r, 0) {
		f.regression.RSquared = &r
	}
	if fine != nil {
		f.regression.Expected = f.layout.expectedError(fine)
	}
	return f.regression
}
