package window

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Snapshot is what one scrape sees: a function of the log up to its high-water
// ids, the references, the configuration and the scrape's clock. It is
// immutable and shared between scrapes: readers must not change what it holds.
type Snapshot struct {
	// Time is the scrape's clock.
	Time time.Time
	// Err says why the log could not be read up to its high-water ids, and is
	// nil when it was. With Err set everything that comes from the log is
	// absent: Models then hold their references only.
	Err error
	// LogSize is the size of the log and its write-ahead log in bytes, 0 when unknown.
	LogSize int64
	// InvalidRows counts the rows ever seen whose features are not a JSON object.
	InvalidRows int64
	// DroppedVersions counts model versions that were seen but lie beyond the
	// limit on exported versions.
	DroppedVersions int64
	// Models holds one entry for each exported model and version, by name and
	// then version.
	Models []Model
	// Loads says how the references fare that are counted elsewhere, in the order
	// of the configuration; set by whoever keeps them.
	Loads []Load
}

// Load is how counting one reference elsewhere fares.
type Load struct {
	Model, Source string
	// Failures since the process began.
	Failures int64
	// Checked is when it was last counted, or found unchanged; zero: not yet.
	Checked time.Time
}

// Model is one model and version in a Snapshot.
type Model struct {
	Name, Version string
	// Reference is what is normal for it, nil when no reference serves this version.
	Reference *reference.Reference
	// Features, Score and Class are the distributions of the window, empty and
	// nil without a reference (and, for Score and Class, when it has none).
	Features     []Distribution
	Score, Class *Distribution
	// distributions are all of these, in the order of the layout's columns.
	distributions []Distribution
	// fresh says that they were made for this snapshot, view is kept of them, and
	// counted is where Performance comes from.
	fresh   bool
	view    *view
	counted *Performance
	// Counters covers the whole log, nil when the log could not be read.
	Counters *predictionlog.Counters
	// Predictions is the number of rows in the window.
	Predictions int64
	// Oldest and LastPrediction are the times of the window's oldest row and of
	// the newest row of all; zero when there is none.
	Oldest, LastPrediction time.Time
	// Performance is the feedback window.
	Performance Performance
	// Coverage is how much of the window has an outcome. It leaves out rows whose
	// outcomes may lie before the look-back.
	Coverage Coverage
	// Matured is nil when it is not known at which age outcomes have come.
	Matured *Matured
	// Estimate is what the accuracy of the window may be, without outcomes.
	Estimate Estimate
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

// Estimate is an estimate of accuracy; its Rows are 0 when there is none.
type Estimate struct {
	drift.Estimated

	// Method is Calibrated or CBPE, or empty when nothing was to be estimated.
	Method string
}

// Methods of estimating accuracy without outcomes: from how often the reference
// was right with such scores, or from the model's own confidence.
const (
	Calibrated = "calibrated"
	CBPE       = "cbpe"
)

// Distribution is one feature, the score or the class: the reference beside the
// window.
type Distribution struct {
	Name    string
	Numeric bool
	Binning *drift.Binning
	// Axis is where the reference's numbers lie, nil for categories and when it
	// has none.
	Axis *drift.Axis
	// Fine counts the window by fine code of Binning.
	Fine []int64
	// Reference and Counts are by cell of Binning: what is tested.
	Reference, Counts []int64
	// BinReference and BinCounts are the same by exported bin, in the order of
	// Binning.Bins.
	BinReference, BinCounts []int64
	// ReferenceTotal and Total are their sums.
	ReferenceTotal, Total int64
	// Missing, Invalid, Unseen and OutOfRange count rows of the window: no value;
	// something that is not of the feature's type; a value the reference does not
	// hold (categories and discrete numbers); a number below the reference's
	// minimum or above its maximum.
	Missing, Invalid, Unseen, OutOfRange int64
	// Last is the newest value of a numeric feature, NaN when there is none.
	Last float64
	// KL is D(reference || window) in nats, NaN when the window is empty.
	KL float64
	// Null is the distribution of KL without drift, nil below
	// drift.MinPredictions rows or when it could not be built in time; NullErr
	// then says why, and is nil otherwise.
	Null    *drift.Null
	NullErr error
	// Blocks counts the window by block of neighbouring rows and, in each, by
	// cell: drift.Blocks of them. Nil unless Options.Blocks asks for them,
	// and below drift.MinBlockPredictions rows. BlockTest is what they say, nil when
	// they say nothing.
	Blocks    []int64
	BlockTest *drift.BlockTest
	// Detection is what the sequential detector says, nil without one and as
	// long as it has seen too few rows.
	Detection *Detection
}

// Detection is the state of a drift.Detector at the snapshot's time.
type Detection struct {
	// Detected says that the alarm is on.
	Detected bool
	// LogEvidence is the evidence of rule E in nats; it fires at Threshold.
	LogEvidence, Threshold float64
}

// Performance counts the outcomes of the newest predictions with feedback. A
// binary model has a positive class (reference.Reference.Positive); counts are
// by whether prediction and outcome were it.
type Performance struct {
	// Samples is the number of distinct predictions with accepted feedback in
	// the window; Correct of them were right.
	Samples, Correct int64
	// TruePositive and its kin count by the positive class.
	TruePositive, FalsePositive, FalseNegative, TrueNegative int64
	// Scored of them have a score, ScoredCorrect of these were right. What follows
	// is about those, and means nothing when there are none.
	Scored, ScoredCorrect int64
	// ROCAUC is NaN unless there are outcomes of both kinds.
	ROCAUC, BrierScore, CalibrationError float64
	// Estimate is what their accuracy was to be expected to be.
	Estimate Estimate
	// Features are in the order of Model.Features: the outcomes by the bins of each,
	// of the predictions that are in the look-back. Shared: do not change them.
	Features []Outcomes
}

// Outcomes counts by the exported bins of one feature.
type Outcomes struct {
	// Known is of the reference's rows with an outcome, KnownRight of those that
	// the model predicted right; Labelled and Right are of the feedback window.
	Known, KnownRight, Labelled, Right []int64
	// Expected is the accuracy to go by where the reference has no outcomes, NaN
	// when there is nothing to go by.
	Expected []float64
}
