package snapshot

import (
	"iter"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Distributions are those of one window: of its features, in the order of the
// configuration or the reference, and of the score and the class, nil when the reference
// has none.
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
	// Last is the newest value of a numeric feature, nil when there is none.
	Last *float64
	// KL is D(reference || window) in nats, nil when the window is empty.
	KL *float64
	// Null is the distribution of KL without drift, nil below
	// drift.MinPredictions rows or when it could not be built in time; NullErr
	// then says why, and is nil otherwise.
	Null    *drift.Null
	NullErr error
	// Blocks counts the window by block of neighbouring rows and, in each, by
	// cell: drift.Blocks of them. Nil when nobody asks for them, and below
	// drift.MinBlockPredictions rows. BlockTest is what they say, nil when they say
	// nothing.
	Blocks    []int64
	BlockTest *drift.BlockTest
	// DesignEffect is how many times as much the shares of rows vary as if rows were
	// independent, of all rows since the fold began; nil without a detector and below
	// drift.MinBlockPredictions rows.
	DesignEffect *float64
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
