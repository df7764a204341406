package drift

import "math"

// ErrorCalibration says how large the errors of a regression were at each predicted value, from
// the outcomes in the reference. It turns predicted values without outcomes into an estimate of
// their mean absolute error. It is immutable.
type ErrorCalibration struct {
	group    []int // of each fine bin
	labelled []float64
	mean     []float64 // absolute error
	variance []float64 // of the absolute error
}

// NewErrorCalibration groups the fine bins of the predicted value, in order, into at most 20
// groups with about the same number of outcomes. labelled is the number of outcomes, absolute the
// sum of the absolute errors and squares that of the squared errors, by fine bin. It returns nil
// if there are no outcomes.
func NewErrorCalibration(labelled []int64, absolute, squares []float64) *ErrorCalibration {
	groups := NewCalibration(labelled, make([]int64, len(labelled)))
	if groups == nil {
		return nil
	}
	n := len(groups.labelled)
	c := &ErrorCalibration{group: groups.group, labelled: make([]float64, n), mean: make([]float64, n), variance: make([]float64, n)}
	for b, g := range c.group {
		c.labelled[g] += float64(labelled[b])
		c.mean[g] += absolute[b]
		c.variance[g] += squares[b]
	}
	for g, rows := range c.labelled {
		c.mean[g] /= rows
		c.variance[g] = max(0, c.variance[g]/rows-c.mean[g]*c.mean[g])
		if rows > 1 {
			c.variance[g] *= rows / (rows - 1)
		}
	}
	return c
}

// ExpectedError is a mean absolute error that was estimated without outcomes.
type ExpectedError struct {
	// Rows is the number of predictions. Error is their estimated mean absolute error, in the unit
	// of the outcome. StandardError is its standard error as an estimate of the error that these
	// predictions will have, if the model errs at each predicted value as much as before. Both are
	// NaN without predictions.
	Rows                 int64
	Error, StandardError float64
}

// Estimate returns the expected mean absolute error of predictions from their number by fine bin
// of the predicted value: sum_b q_b m_b, with the share q_b of the predictions in group b and the
// mean absolute error m_b of the reference there. This is the idea of direct loss estimation [1],
// with bins of the predicted value instead of a second model of the loss. It follows the
// predicted values wherever they drift. What it cannot see is another relation between predicted
// value and outcome (concept drift), and features that change the error but not the prediction.
//
// The standard error is that of a mean of independent absolute errors, sqrt(sum n_b v_b) / n,
// together with that of the m_b themselves, sum q_b^2 v_b / r_b for r_b outcomes in the reference
// and the variance v_b of their absolute errors. O(bins).
//
// [1] NannyML (2022). "Direct Loss Estimation (DLE)". https://nannyml.readthedocs.io/, "How it
// works: Estimation of Performance of Regression Models".
func (c *ErrorCalibration) Estimate(fine []int64) ExpectedError {
	counts := make([]float64, len(c.labelled))
	e := ExpectedError{}
	for b, n := range fine {
		counts[c.group[b]] += float64(n)
		e.Rows += n
	}
	var sum, chance, known float64
	for g, n := range counts {
		sum += n * c.mean[g]
		chance += n * c.variance[g]
		known += n * n * c.variance[g] / c.labelled[g]
	}
	e.Error = sum / float64(e.Rows)
	e.StandardError = math.Sqrt(chance+known) / float64(e.Rows)
	return e
}
