package assess

import (
	"context"
	"errors"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Assessment holds all verdicts on the watched models at one moment, for a page or an
// answer in JSON. The metrics show the same values.
type Assessment struct {
	Time time.Time `json:"time"`
	// Error says why the log could not be read, "" when it could. With an error, models
	// have references only.
	Error string `json:"error,omitempty"`
	// Reading says that the time of the request was over before the log was read to its end, as after
	// a start over many rows. The next request goes on where this one stopped.
	Reading bool `json:"-"`
	// InvalidRows and DroppedVersions come from the snapshot; nil with Error.
	InvalidRows     *int64 `json:"invalid_rows,omitempty"`
	DroppedVersions *int64 `json:"dropped_versions,omitempty"`
	// Models are in the order of their names and versions.
	Models []Model `json:"models"`
	// Loads say how the references fare that are counted elsewhere.
	Loads []Load `json:"reference_loads,omitempty"`
}

// Model is the assessment of one model and version.
type Model struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Reference is nil when none serves this version: it then has no drift.
	Reference *Reference `json:"reference,omitempty"`
	// Freshness is nil when the log could not be read.
	Freshness *Freshness `json:"freshness,omitempty"`
	// Features are in the order of the configuration, or of the reference.
	Features []Feature `json:"features"`
	// Drifted is nil until at least one feature has a verdict.
	Drifted *Drifted `json:"drifted,omitempty"`
	// Predictions is nil when the reference has neither score nor class.
	Predictions *Predictions `json:"predictions,omitempty"`
	// Performance is nil when the log could not be read. CoverageOf, MaturedOf, EstimateOf
	// and SurpriseOf say when the others are nil.
	Performance *Performance `json:"performance,omitempty"`
	Coverage    *float64     `json:"feedback_coverage,omitempty"`
	Selection   *Selection   `json:"selection,omitempty"`
	Matured     *Matured     `json:"matured,omitempty"`
	Estimate    *Estimate    `json:"estimate,omitempty"`
	Surprise    *Interval    `json:"surprise,omitempty"`
	// Decision is nil without a reference, and when the log could not be read.
	Decision *Decision `json:"decision,omitempty"`
	// Segments is nil unless slices are followed.
	Segments *Segments `json:"segments,omitempty"`
	// Challengers compare shadows of this version with it.
	Challengers []Challenger `json:"challengers,omitempty"`
	// Type is what the model predicts, "" for one of two classes. A regression has Regression,
	// ExpectedError and ErrorSurprise instead of Performance, Estimate and Surprise; RegressionOf,
	// ExpectedErrorOf and ErrorSurpriseOf say when they are nil.
	Type          value.Prediction `json:"type,omitempty"`
	Regression    *Regression      `json:"regression,omitempty"`
	ExpectedError *Interval        `json:"expected_error,omitempty"`
	ErrorSurprise *Interval        `json:"error_surprise,omitempty"`
}

// Freshness says how many predictions an assessment covers, and how old they are.
type Freshness struct {
	// Predictions is the number of predictions in the window.
	Predictions int64 `json:"predictions"`
	// Age is the age of the oldest of them by the snapshot's clock, nil in an empty window.
	// Newest is the time of the newest prediction in the log, nil before the first.
	Age    *time.Duration `json:"age_ns,omitempty"`
	Newest *time.Time     `json:"newest,omitempty"`
}

// Feature is the assessment of one feature.
type Feature struct {
	Name string `json:"name"`
	// Numeric says that its values are numbers, on a scale or few single ones.
	Numeric bool `json:"numeric"`
	Drift

	// Distances, Bins and Quality are nil when the window is empty, Last when it holds no
	// number of the feature, and Impact before there are outcomes.
	Distances *Distances `json:"distances,omitempty"`
	Bins      []Bin      `json:"bins,omitempty"`
	Quality   *Quality   `json:"quality,omitempty"`
	Last      *float64   `json:"last,omitempty"`
	Impact    *Impact    `json:"impact,omitempty"`
	// Trail is set by those who show it: see Judgement.TrailOf.
	Trail *Trail `json:"trail,omitempty"`
	// Fine is set by those who show it: see FineOf.
	Fine *Fine `json:"fine,omitempty"`
}

// Of assesses a snapshot: about 10 us a feature.
func (j Judgement) Of(s *snapshot.Snapshot) *Assessment {
	a := j.Outline(s)
	for i := range a.Models {
		a.Models[i].complete(&s.Models[i])
	}
	return a
}

// Outline is Of without what belongs to single bins: the Distances, Bins and Impact of features,
// and the Bins of score and class. It takes a third of the time.
func (j Judgement) Outline(s *snapshot.Snapshot) *Assessment {
	a := &Assessment{Time: s.Time, Models: make([]Model, len(s.Models)), Loads: loadsOf(s.Loads)}
	if s.Err != nil {
		a.Error, a.Reading = s.Err.Error(), errors.Is(s.Err, context.DeadlineExceeded)
	} else {
		a.InvalidRows, a.DroppedVersions = &s.InvalidRows, &s.DroppedVersions
	}
	for i := range s.Models {
		a.Models[i] = j.model(&s.Models[i], s.Time)
		a.Models[i].Decision, a.Models[i].Segments = j.Decision(s, &s.Models[i]), j.Segments(&s.Models[i])
	}
	return a
}

func (j Judgement) model(m *snapshot.Model, now time.Time) Model {
	v := Model{
		Name: m.Name, Version: m.Version, Reference: referenceOf(m.Reference), Freshness: FreshnessOf(m, now), Features: make([]Feature, len(m.Features())),
		Predictions: j.Predictions(m), Performance: PerformanceOf(m), Coverage: CoverageOf(m), Selection: SelectionOf(m), Matured: MaturedOf(m),
		Estimate: EstimateOf(m), Surprise: SurpriseOf(m),
		Regression: RegressionOf(m), ExpectedError: ExpectedErrorOf(m), ErrorSurprise: ErrorSurpriseOf(m), Challengers: ChallengersOf(m),
	}
	if m.Type != value.Binary {
		v.Type = m.Type
	}
	drifts, drifted := j.Features(m)
	v.Drifted = drifted
	for i := range drifts {
		d := &m.Features()[i]
		v.Features[i] = Feature{Name: d.Name, Numeric: d.Numeric, Drift: drifts[i], Quality: QualityOf(m, d), Last: d.Last}
	}
	return v
}

// complete adds what an outline leaves out.
func (v *Model) complete(m *snapshot.Model) {
	if v.Predictions != nil {
		v.Predictions.addBins(m)
	}
	impacts := ImpactsOf(m)
	for i := range v.Features {
		f, d := &v.Features[i], &m.Features()[i]
		f.Distances, f.Bins = DistancesOf(d), BinsOf(d)
		if impacts != nil {
			f.Impact = &impacts[i]
		}
	}
}

// FreshnessOf returns how old the predictions of a model are at now, nil when the log
// could not be read.
func FreshnessOf(m *snapshot.Model, now time.Time) *Freshness {
	if m.Rows == nil {
		return nil
	}
	f := &Freshness{Predictions: m.Rows.Count, Newest: m.Rows.Newest}
	if m.Rows.Oldest != nil {
		age := now.Sub(*m.Rows.Oldest)
		f.Age = &age
	}
	return f
}
