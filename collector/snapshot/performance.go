package snapshot

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

// Performance counts the outcomes of the newest predictions with feedback, of models that
// predict classes.
type Performance struct {
	// Samples is the number of distinct predictions with accepted feedback in the
	// window, Correct the number of right ones among them.
	Samples, Correct int64
	// TruePositive to TrueNegative count the samples of a binary model by whether prediction and
	// outcome were the positive class (reference.Reference.Positive).
	TruePositive, FalsePositive, FalseNegative, TrueNegative int64
	// Classes counts the samples of a multiclass model by class, in the order of their names:
	// every class that was predicted or observed. It is nil for a binary model.
	Classes []ClassOutcomes
	// Pairs counts the same by predicted class and outcome, in that order.
	Pairs []ClassPair
	// Scores describes the samples with a score, nil when none has one.
	Scores *Scores
	// Explored is empty unless the predictor explores.
	Explored Explored
	// Trail is how the accuracy went until now, oldest first, nil where nobody asked.
	Trail []AccuracyPoint
}

// AccuracyPoint counts the samples of the feedback window at one time, and the right ones.
type AccuracyPoint struct {
	Time             time.Time
	Samples, Correct int64
}

// ClassOutcomes counts predictions with feedback by one class: how often it was predicted, how
// often it was the outcome, and how often both.
type ClassOutcomes struct {
	Class                      string
	Predicted, Actual, Correct int64
}

// ClassPair counts predictions with feedback by predicted class and outcome. There is at least one.
type ClassPair struct {
	Predicted, Actual string
	Samples           int64
}

// Regression describes the errors of the newest predictions with feedback of a model that
// predicts numbers. An error is the predicted value minus the outcome. There is at least one.
type Regression struct {
	// Errors are the errors, Absolute their magnitudes, Squares their squares.
	Errors, Absolute, Squares drift.Sample
	// Sorted are the errors in ascending order.
	Sorted []float64
	// RSquared is nil if the outcomes are all equal.
	RSquared *float64
	// Expected is the estimated error of the same predictions, nil if it cannot be estimated.
	Expected *drift.ExpectedError
}

// Scores says how good the scores of predictions with feedback were.
type Scores struct {
	// Samples is the number of predictions with a score, at least one, Correct the number
	// of right ones among them.
	Samples, Correct int64
	// ROCAUC is nil unless both outcomes occur. ROCAUC and BrierScore are those of a binary
	// model.
	ROCAUC, BrierScore *float64
	// CalibrationError compares the score with the share of positive outcomes, for a multiclass
	// model with the share of right predictions.
	CalibrationError float64
	// Calibration has the bins that CalibrationError compares.
	Calibration []drift.CalibrationBin
	// Estimate is the estimated accuracy of the same predictions, nil if it cannot be
	// estimated.
	Estimate *Estimate
}

// Outcomes counts outcomes by the bins of each feature, in the order of
// Distributions.Features, over the predictions of the feedback window that are in the
// look-back.
type Outcomes struct{ Features []BinOutcomes }

// BinOutcomes counts outcomes by the exported bins of one feature.
type BinOutcomes struct {
	// Known counts the reference's rows with an outcome, KnownRight those that the model
	// predicted right. Labelled and Right are the same counts over the feedback window.
	Known, KnownRight, Labelled, Right []int64
	// Expected is the expected accuracy in bins where the reference has no outcomes, nil
	// if it is unknown.
	Expected []float64
}

// Coverage counts predictions and those among them that have an outcome.
type Coverage struct {
	Rows, Labelled int64
	// Positive and PositiveLabelled count those that were predicted positive.
	Positive, PositiveLabelled int64
}

// Explored are the outcomes of predictions that were answered with the other class at random, by
// whether they were predicted positive.
type Explored struct{ Positive, Negative weighted.Share }

// Matured is the cohort of the predictions in the look-back that are old enough for their
// outcomes to have arrived.
type Matured struct {
	Coverage

	// Age is the age from which predictions belong to the cohort.
	Age time.Duration
	// Correct is the number of predictions whose outcome was the predicted class.
	Correct int64
}

// Estimate is an estimate of the accuracy of at least one prediction.
type Estimate struct {
	drift.Estimated

	// Method is Calibrated or CBPE.
	Method string
}

// Methods of estimating accuracy without outcomes: from how often predictions with such
// scores were right in the reference, or from the model's own confidence.
const (
	Calibrated = "calibrated"
	CBPE       = "cbpe"
)
