// Package snapshot describes the state of the watched models at one moment. Snapshots are
// plain values: the windows over a log, another engine or a test can make them.
//
// Parts are behind pointers. A part never changes once a snapshot holds it. If a part has
// not changed since the last snapshot, the next one has the same pointer, and metrics made
// from the part can be shown again. Absence is nil everywhere.
package snapshot

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Snapshot is what one scrape sees: a function of the log up to its high-water
// ids, the references, the configuration and the scrape's clock. It is
// immutable and shared between scrapes: readers must not change what it holds.
type Snapshot struct {
	// Time is the scrape's clock.
	Time time.Time
	// Err says why the log could not be read up to its high-water ids, nil when it was.
	// With Err set, everything that comes from the log is absent: Models have references
	// only.
	Err error
	// Behind says why there is no newer state than this one, nil when it is the newest. Only sources
	// that read in the background keep an older state.
	Behind error
	// Fleet says how a source of shipped predictions does, nil for any other source.
	Fleet *Fleet
	// LogSize is the size of the log and its write-ahead log in bytes, nil when
	// unknown.
	LogSize *int64
	// InvalidRows counts all rows of the log whose features are not a JSON object. With Err
	// set, InvalidRows and DroppedVersions are meaningless.
	InvalidRows int64
	// DroppedVersions counts the model versions in the log that are left out because of
	// the limit on versions.
	DroppedVersions int64
	// Models has one entry for each exported model and version, sorted by name and then
	// version.
	Models []Model
	// Loads is the state of references that are counted in a database, nil when none is.
	Loads *Loads
}

// Model is one model and version in a Snapshot.
type Model struct {
	Name, Version string
	// Type is what the model predicts, empty for value.Binary.
	Type value.Prediction
	// Reference is the reference of this version, nil without one.
	Reference *reference.Reference
	// Rows says which predictions the window holds, nil when the log could not be read.
	Rows *Rows
	// Counters covers the whole log, nil when the log could not be read.
	Counters *predictionlog.Counters
	// Distributions are nil without a reference or before the first row.
	Distributions *Distributions
	// Performance is the feedback window of a model that predicts classes, nil without feedback.
	// Regression is that of a model that predicts numbers.
	Performance *Performance
	Regression  *Regression
	// Outcomes counts the feedback window by the bins of the features, nil without a
	// reference or before the first row.
	Outcomes *Outcomes
	// Coverage is the part of the window with an outcome, nil when the window is empty.
	// It leaves out rows whose outcomes may be older than the look-back.
	Coverage *Coverage
	// Matured is nil while the age at which outcomes have arrived is unknown.
	Matured *Matured
	// Accuracy follows the accuracy over the matured predictions. It is nil while the age at
	// which outcomes have arrived is unknown, and without a reference or a detector.
	Accuracy *Accuracy
	// Challengers is nil without shadows of this version, and while the age at which outcomes have
	// arrived is unknown.
	Challengers *Challengers
	// Estimate is the accuracy of the window estimated without outcomes, nil if it cannot
	// be estimated. ExpectedError is the mean absolute error of a regression, estimated in the
	// same way.
	Estimate      *Estimate
	ExpectedError *drift.ExpectedError
	// EstimateLow says whether that estimate is low. It is nil until it is known, and without a
	// detector.
	EstimateLow *EstimateLow
}

// Features returns the distributions of the features; there may be none.
func (m *Model) Features() []Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Features
}

// Score returns the distribution of the score, nil without one.
func (m *Model) Score() *Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Score
}

// Class returns the distribution of the predicted class, nil without one.
func (m *Model) Class() *Distribution {
	if m.Distributions == nil {
		return nil
	}
	return m.Distributions.Class
}

// Rows says which predictions the window of a model and version holds.
type Rows struct {
	// Count is the number of predictions in the window.
	Count int64
	// Oldest is the time of the oldest prediction in the window, nil without one.
	Oldest *time.Time
	// Newest is the time of the newest prediction in the log, whether it is in the window
	// or not; nil before the first.
	Newest *time.Time
	// Shadow means that no prediction since the anchor was answered: all are shadows of others.
	Shadow bool
}

// Loads has the state of each reference that is counted in a database, in the order of the
// configuration.
type Loads []Load

// Load is the state of one reference that is counted in a database.
type Load struct {
	Model, Source string
	// Failures is the number of failed counts since the process began.
	Failures int64
	// Checked is the time when it was last counted or found unchanged; nil: never.
	Checked *time.Time
}
