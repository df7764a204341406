package model

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Evaluation is how a model did on rows that it was not trained on.
type Evaluation struct {
	Type      value.Prediction // of the model, empty for one of two classes
	HeldOut   []int            // row numbers, ascending
	Scores    []float64        // what Predict returned, a held-out row each
	Predicted []string         // class, a held-out row each; nil of a regression
	Actual    []string         // class, a held-out row each; nil of a regression
	Truth     []float64        // outcome of a regression, a held-out row each

	Accuracy float64 // ratio
	AUC      float64 // see auc; with its 95 % interval
	AUCLower float64
	AUCUpper float64
	LogLoss  float64 // mean negative log-likelihood, nats a row
	Rows     int     // held out

	Trained      int     // rows that the model was fitted on
	BaseAccuracy float64 // of always predicting the more frequent class of those
	BaseLogLoss  float64 // of always predicting their share of class "1", or of each class

	MacroF1 float64 // mean over the classes of a multiclass model

	MeanAbsoluteError     float64 // of a regression, in the unit of the outcome, like those below
	RootMeanSquaredError  float64
	RSquared              float64 // ratio
	BaseMeanAbsoluteError float64 // of always predicting the mean of the rows fitted on

	Warnings []string // about columns that have no effect; a sentence each
}

// Print writes what a person wants to know after training, in a few lines.
func (e *Evaluation) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "rows      %d trained on, %d held out\n%s", e.Trained, e.Rows, e.summary())
	for _, warning := range e.Warnings {
		if err == nil {
			_, err = fmt.Fprintf(w, "warning: %s\n", warning)
		}
	}
	return err
}

// summary returns the lines that depend on the type of the model.
func (e *Evaluation) summary() string {
	switch e.Type {
	case value.Multiclass:
		return fmt.Sprintf("accuracy  %.4f (%.4f by always predicting the most frequent class)\n"+
			"macro F1  %.4f\n"+
			"log loss  %.4f (%.4f by always predicting the shares of the classes)\n",
			e.Accuracy, e.BaseAccuracy, e.MacroF1, e.LogLoss, e.BaseLogLoss)
	case value.Regression:
		return fmt.Sprintf("MAE       %.5g (%.5g by always predicting the mean)\n"+
			"RMSE      %.5g\n"+
			"R2        %.4f\n", e.MeanAbsoluteError, e.BaseMeanAbsoluteError, e.RootMeanSquaredError, e.RSquared)
	}
	return fmt.Sprintf("accuracy  %.4f (%.4f by always predicting the more frequent class)\n"+
		"AUC       %.4f (95 %% interval %.4f to %.4f)\n"+
		"log loss  %.4f (%.4f by always predicting the base rate)\n",
		e.Accuracy, e.BaseAccuracy, e.AUC, e.AUCLower, e.AUCUpper, e.LogLoss, e.BaseLogLoss)
}

// evaluate predicts the given rows with a model fitted on rows of which the
// share baseRate was class "1".
func evaluate(m *Model, d *Dataset, rows []int, baseRate float64) *Evaluation {
	e := &Evaluation{HeldOut: rows, Rows: len(rows)}
	var values []Value
	correct, frequent := 0, 0
	base := make([]float64, len(rows))
	actual := make([]bool, len(rows))
	for i, row := range rows {
		values = d.appendValues(values[:0], row)
		score, class := m.Predict(values)
		actual[i] = d.Outcomes[row] == 1
		truth := "0"
		if actual[i] {
			truth = "1"
		}
		if class == truth {
			correct++
		}
		if actual[i] == (baseRate >= 0.5) {
			frequent++
		}
		base[i] = baseRate
		e.Scores = append(e.Scores, score)
		e.Predicted = append(e.Predicted, class)
		e.Actual = append(e.Actual, truth)
	}
	e.Accuracy = float64(correct) / float64(len(rows))
	e.AUC, e.AUCLower, e.AUCUpper = auc(e.Scores, actual)
	e.LogLoss = logLoss(e.Scores, actual)
	e.BaseAccuracy = float64(frequent) / float64(len(rows))
	e.BaseLogLoss = logLoss(base, actual)
	return e
}

// auc returns the area under the ROC curve, the probability that a positive
// scores above a negative, ties counting half, and its 95 % interval by DeLong's
// variance [1], computed from ranks in O(n log n) [2], normal and cut to [0,1].
// It needs two of each class; otherwise what is not defined is NaN. When the
// classes are separated the variance, and so the interval, is 0.
//
// [1] DeLong, E. R.; DeLong, D. M.; Clarke-Pearson, D. L. (1988). "Comparing the
// Areas under Two or More Correlated Receiver Operating Characteristic Curves:
// A Nonparametric Approach". Biometrics 44 (3): 837-845.
// [2] Sun, X.; Xu, W. (2014). "Fast Implementation of DeLong's Algorithm for
// Comparing the Areas Under Correlated Receiver Operating Characteristic
// Curves". IEEE Signal Processing Letters 21 (11): 1389-1393.
func auc(scores []float64, actual []bool) (area, lower, upper float64) {
	var classes [2][]float64
	for i, s := range scores {
		if actual[i] {
			classes[1] = append(classes[1], s)
		} else {
			classes[0] = append(classes[0], s)
		}
	}
	negatives, positives := classes[0], classes[1]
	slices.Sort(negatives)
	slices.Sort(positives)
	// A positive's placement is the share of negatives it beats, and the other way round.
	area, positiveVariance := moment(placements(positives, negatives))
	_, negativeVariance := moment(placements(negatives, positives))
	margin := 1.959963984540054 * math.Sqrt(positiveVariance/float64(len(positives))+negativeVariance/float64(len(negatives)))
	return area, math.Max(0, area-margin), math.Min(1, area+margin)
}

// placements is, for each of x, the share of y that is smaller, ties counting
// half. Both are sorted.
func placements(x, y []float64) []float64 {
	out := make([]float64, len(x))
	below, upTo := 0, 0
	for i, v := range x {
		for below < len(y) && y[below] < v {
			below++
		}
		for upTo < len(y) && y[upTo] <= v {
			upTo++
		}
		out[i] = float64(below+upTo) / (2 * float64(len(y)))
	}
	return out
}

// moment returns the mean and the unbiased variance.
func moment(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x)-1)
}

// logLoss is the mean negative log-likelihood in nats. A probability of 0 or 1
// that was wrong counts as 1e-15, so the worst row costs 34.5.
func logLoss(scores []float64, actual []bool) float64 {
	var sum float64
	for i, p := range scores {
		if !actual[i] {
			p = 1 - p
		}
		sum -= math.Log(math.Max(p, 1e-15))
	}
	return sum / float64(len(scores))
}
