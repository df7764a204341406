package assess

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// confidence is that of all intervals.
const confidence = 0.95

// Regression is the performance of a model that predicts numbers, by the outcomes in its feedback
// window. Errors are predicted values minus outcomes, in the unit of the outcome.
type Regression struct {
	// Samples is the number of predictions with an outcome. Without any, all others are nil.
	Samples int64 `json:"samples"`
	// MeanAbsoluteError to MeanError are nil if a number is too large to be squared.
	MeanAbsoluteError    *ErrorInterval `json:"mean_absolute_error,omitempty"`
	RootMeanSquaredError *ErrorInterval `json:"root_mean_squared_error,omitempty"`
	MeanError            *ErrorInterval `json:"mean_error,omitempty"`
	// RSquared is nil if the outcomes are all equal.
	RSquared *float64 `json:"r_squared,omitempty"`
	// Errors and AbsoluteErrors are set by those who show them: see ErrorsOf and AbsoluteErrorsOf.
	Errors         *Histogram `json:"errors,omitempty"`
	AbsoluteErrors *Fine      `json:"absolute_errors,omitempty"`
}

// ErrorInterval is a mean of errors and the ends of its 95 % interval, which are nil below
// drift.MinInterval samples.
type ErrorInterval struct {
	Value float64  `json:"value"`
	Lower *float64 `json:"lower,omitempty"`
	Upper *float64 `json:"upper,omitempty"`
}

// RegressionOf assesses the feedback window of a regression. It is nil when the log could not be
// read, or for another type of model, and has zero samples without feedback.
func RegressionOf(m *snapshot.Model) *Regression {
	if m.Counters == nil || m.Type != value.Regression {
		return nil
	}
	s := m.Regression
	if s == nil {
		return &Regression{}
	}
	v := &Regression{Samples: s.Errors.Size, RSquared: s.RSquared}
	v.MeanAbsoluteError = errorInterval(&s.Absolute, s.Absolute.SkewedMeanInterval, func(x float64) float64 { return max(0, x) })
	v.RootMeanSquaredError = errorInterval(&s.Squares, s.Squares.SkewedMeanInterval, func(x float64) float64 { return math.Sqrt(max(0, x)) })
	v.MeanError = errorInterval(&s.Errors, s.Errors.MeanInterval, func(x float64) float64 { return x })
	return v
}

// errorInterval returns a mean and its interval, both on another scale.
func errorInterval(s *drift.Sample, interval func(confidence float64) (lo, hi float64), scale func(float64) float64) *ErrorInterval {
	if !isFinite(s.Mean) {
		return nil
	}
	i := &ErrorInterval{Value: scale(s.Mean)}
	if lo, hi := interval(confidence); s.Size >= drift.MinInterval && isFinite(lo) && isFinite(hi) {
		lo, hi = scale(lo), scale(hi)
		i.Lower, i.Upper = &lo, &hi
	}
	return i
}

func isFinite(x float64) bool { return x-x == 0 }

// ExpectedErrorOf estimates the mean absolute error of a regression's window without outcomes. It
// is nil for another type of model, and when the reference has no errors.
func ExpectedErrorOf(m *snapshot.Model) *Interval {
	e := m.ExpectedError
	if e == nil || !isFinite(e.Error) || !isFinite(e.StandardError) {
		return nil
	}
	band := z95 * e.StandardError
	return &Interval{Value: e.Error, Lower: max(0, e.Error-band), Upper: e.Error + band}
}

// ErrorSurpriseOf returns the mean absolute error minus the estimated one of the same
// predictions, those of the feedback window. Above 0 the model errs more than its predicted
// values lead one to expect. Nil without such predictions.
func ErrorSurpriseOf(m *snapshot.Model) *Interval {
	if m.Regression == nil || m.Regression.Expected == nil {
		return nil
	}
	e := m.Regression.Expected
	gap, band := m.Regression.Absolute.Mean-e.Error, z95*e.StandardError
	if !isFinite(gap) || !isFinite(band) {
		return nil
	}
	return &Interval{Value: gap, Lower: gap - band, Upper: gap + band}
}
