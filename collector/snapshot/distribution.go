package snapshot

import (
	"iter"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Distributions are the distributions of one window: of its features, in the order of the
// configuration or the reference, and of the score and the class. Score or Class is nil
// when the reference has none.
type Distributions struct {
	Features     []Distribution
	Score, Class *Distribution
}

// All returns the features, then the score and the class.
func (d *Distributions) All() iter.Seq[*Distribution] {
	return func(yield func(*Distribution) bool) {
		if d == nil {
			return
		}
		for i := range d.Features {
			if !yield(&d.Features[i]) {
				return
			}
		}
		_ = (d.Score == nil || yield(d.Score)) && d.Class != nil && yield(d.Class)
	}
}

// Distribution is one feature, the score or the class: the reference and the
// window.
type Distribution struct {
	Name    string
	Numeric bool
	Binning *drift.Binning
	// Axis has the positions of the reference's numbers, nil for categories and when the
	// reference has no number.
	Axis *drift.Axis
	// Fine counts the window by fine code of Binning.
	Fine []int64
	// Reference and Counts are by cell of Binning, and used in tests.
	Reference, Counts []int64
	// BinReference and BinCounts are the same by exported bin, in the order of
	// Binning.Bins.
	BinReference, BinCounts []int64
	// ReferenceTotal and Total are the sums of Reference and Counts.
	ReferenceTotal, Total int64
	// Missing counts rows of the window without a value, Invalid those whose value is not
	// of the feature's type, Unseen those with a category or a discrete number that the
	// reference does not have, OutOfRange those with a number below the reference's
	// minimum or above its maximum.
	Missing, Invalid, Unseen, OutOfRange int64
	// Last is the newest value of a numeric feature, nil without one.
	Last *float64
	// KL is D(reference || window) in nats, nil when the window is empty.
	KL *float64
	// Null is the distribution of KL without drift. It is nil below drift.MinPredictions
	// rows, and when it was not ready in time, for which NullErr is the reason.
	Null    *drift.Null
	NullErr error
	// Blocks counts the window by block of neighbouring rows and, in each block, by cell.
	// There are drift.Blocks blocks. It is nil unless the options ask for blocks, and below
	// drift.MinBlockPredictions rows. BlockTest is the test of the blocks, nil without one.
	Blocks    []int64
	BlockTest *drift.BlockTest
	// DesignEffect is the variance of the shares relative to independent rows, over all
	// rows since the detector began; nil without a detector and below
	// drift.MinBlockPredictions rows.
	DesignEffect *float64
	// Detection is the state of the sequential detector, nil without one and until it has
	// seen enough rows.
	Detection *Detection
	// Trail is how it went until now, nil without a detector and where nobody asked.
	Trail *Trail
}

// Detection is the state of a drift.Detector at the snapshot's time.
type Detection struct {
	// Detected means that the alarm is on.
	Detected bool `json:"detected"`
	// LogEvidence is the evidence of the evidence rule in nats; it fires at Threshold.
	LogEvidence float64 `json:"log_evidence"`
	Threshold   float64 `json:"threshold"`
}
