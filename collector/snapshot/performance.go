package snapshot

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Performance counts the outcomes of the newest predictions with feedback. A
// binary model has a positive class (reference.Reference.Positive); counts are
// by whether prediction and outcome were it.
type Performance struct {
	// Samples is the number of distinct predictions with accepted feedback in
	// the window; Correct of them were right.
	Samples, Correct int64
	// TruePositive and its kin count by the positive class.
	TruePositive, FalsePositive, FalseNegative, TrueNegative int64
	// Scores is about those that have a score, nil when none has.
	Scores *Scores
}

// Scores says how good the scores were of predictions with feedback.
type Scores struct {
	// Samples have a score, at least one; Correct of these were right.
	Samples, Correct int64
	// ROCAUC is nil unless there are outcomes of both kinds.
	ROCAUC                       *float64
	BrierScore, CalibrationError float64
	// Estimate is what their accuracy was to be expected to be, nil when nothing
	// says so.
	Estimate *Estimate
}

// Outcomes are those of the feedback window by the bins of each feature, in the order of
// Distributions.Features, of the predictions that are in the look-back.
type Outcomes struct{ Features []BinOutcomes }

// BinOutcomes counts outcomes by the exported bins of one feature.
type BinOutcomes struct {
	// Known is of the reference's rows with an outcome, KnownRight of those that
	// the model predicted right; Labelled and Right are of the feedback window.
	Known, KnownRight, Labelled, Right []int64
	// Expected is the accuracy to go by where the reference has no outcomes, nil when
	// there is nothing to go by.
	Expected []float64
}

// Coverage counts predictions and those among them that have an outcome.
type Coverage struct{ Rows, Labelled int64 }

// Matured is the cohort of the predictions in the look-back that are so old that
// their outcomes are in.
type Matured struct {
	Coverage

	// Age is where it begins; Correct of those with an outcome were right.
	Age     time.Duration
	Correct int64
}

// Estimate is an estimate of accuracy, of at least one prediction.
type Estimate struct {
	drift.Estimated

	// Method is Calibrated or CBPE.
	Method string
}

// Methods of estimating accuracy without outcomes: from how often the reference
// was right with such scores, or from the model's own confidence.
const (
	Calibrated = "calibrated"
	CBPE       = "cbpe"
)
