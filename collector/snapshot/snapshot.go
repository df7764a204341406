// Package snapshot describes what is known of the watched models at one moment, as plain
// values that anybody can make: the windows over a log, another engine, a test.
//
// Parts stand behind pointers. A part never changes once a snapshot holds it: whoever
// makes snapshots and has nothing new to say hands out the same pointer again, and what
// was made of the part, such as a page, can be shown again. Absence is nil everywhere.
package snapshot

import (
	"time"

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
	// LogSize is the size of the log and its write-ahead log in bytes, nil when
	// unknown.
	LogSize *int64
	// InvalidRows counts the rows ever seen whose features are not a JSON object. It
	// means nothing with Err set, as DroppedVersions.
	InvalidRows int64
	// DroppedVersions counts model versions that were seen but lie beyond the
	// limit on exported versions.
	DroppedVersions int64
	// Models holds one entry for each exported model and version, by name and
	// then version.
	Models []Model
	// Loads says how the references fare that are counted elsewhere, nil when none is.
	Loads *Loads
}

// Model is one model and version in a Snapshot.
type Model struct {
	Name, Version string
	// Reference is what is normal for it, nil when no reference serves this version.
	Reference *reference.Reference
	// Rows says which predictions the window holds, nil when the log could not be read.
	Rows *Rows
	// Counters covers the whole log, nil when the log could not be read.
	Counters *predictionlog.Counters
	// Distributions are those of the window and of the reference, nil without a
	// reference or before the first row.
	Distributions *Distributions
	// Performance is the feedback window, nil without feedback.
	Performance *Performance
	// Outcomes are those of the feedback window by the bins of the features, nil
	// without a reference or before the first row.
	Outcomes *Outcomes
	// Coverage is how much of the window has an outcome, nil when the window is empty.
	// It leaves out rows whose outcomes may lie before the look-back.
	Coverage *Coverage
	// Matured is nil when it is not known at which age outcomes have come.
	Matured *Matured
	// Estimate is what the accuracy of the window may be, without outcomes; nil when
	// there is nothing to estimate it from.
	Estimate *Estimate
}

// Features returns the distributions of the features, none where there are none.
func (m *Model) Features() []Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Features
}

// Score returns the distribution of the score, nil when there is none.
func (m *Model) Score() *Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Score
}

// Class returns the distribution of the predicted class, nil when there is none.
func (m *Model) Class() *Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Class
}

// Rows says which predictions the window of a model and version holds.
type Rows struct {
	// Count is their number.
	Count int64
	// Oldest is the time of the oldest of them, nil when there is none.
	Oldest *time.Time
	// Newest is the time of the newest prediction in the log, in the window or not;
	// nil before the first.
	Newest *time.Time
}

// Loads says how the references fare that are counted elsewhere, in the order of the
// configuration.
type Loads []Load

// Load is how counting one reference elsewhere fares.
type Load struct {
	Model, Source string
	// Failures since the process began.
	Failures int64
	// Checked is when it was last counted, or found unchanged; nil: not yet.
	Checked *time.Time
}
