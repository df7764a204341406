package assess

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Retraining says when retraining is recommended. The comments name the flags.
type Retraining struct {
	// Tolerance is --accuracy.tolerance: a drop of accuracy that does not matter.
	Tolerance float64
	// Cost is --retrain.cost, in errors; 0: unknown.
	Cost float64
	// MinimumAge is --retrain.minimum-age: a younger model is not trained again.
	MinimumAge time.Duration
	// MinimumLabels is --retrain.minimum-labels: with fewer outcomes of predictions after the
	// training there is too little to learn from.
	MinimumLabels int64
}

// Decision says whether to retrain a model, and why.
type Decision struct {
	// Recommended is nil while nothing is known that could recommend it.
	Recommended *bool `json:"recommended,omitempty"`
	// Superseded means that a version which was trained later gets requests.
	Superseded bool    `json:"superseded,omitempty"`
	Reasons    Reasons `json:"reasons"`
	// TrainingAge is the time since the reference's training time, nil if that is unknown.
	TrainingAge *time.Duration `json:"training_age_ns,omitempty"`
	// Drop, Decline and Concept are the detectors of a risen error rate: relative to the
	// reference, to the model's own first outcomes, and to what its scores promise. Each is nil
	// until it is known, and while too few predictions have an outcome unless its alarm is on.
	Drop    *snapshot.Rise `json:"drop,omitempty"`
	Decline *snapshot.Rise `json:"decline,omitempty"`
	Concept *snapshot.Rise `json:"concept,omitempty"`
	// EstimateLowSince is the end of the tick at which the reason EstimateLow began to hold, nil while
	// it does not.
	EstimateLowSince *time.Time `json:"estimate_low_since,omitempty"`
	// Coverage is the share of the last 1,000 matured predictions with an outcome, nil while
	// none is mature. Below 0.8 the detectors are silent.
	Coverage *float64 `json:"coverage,omitempty"`
	// Labels is the number of outcomes of predictions after the training.
	Labels *int64 `json:"labels,omitempty"`
	// Normal is the error rate that the reference would have on these predictions.
	Normal *float64 `json:"normal_error_rate,omitempty"`
	// Excess is nil before the first outcome that can be compared with the reference.
	Excess *Excess `json:"excess,omitempty"`
}

// Excess is the number of errors above the reference's, and a lower bound, which holds at all
// times together.
type Excess struct {
	Errors float64 `json:"errors"`
	Lower  float64 `json:"lower"`
	// Labels is the number of outcomes. Since is when Lower reached the cost of retraining.
	Labels int64      `json:"labels"`
	Since  *time.Time `json:"cost_exceeded_since,omitempty"`
}

// Reasons are what speaks for retraining, and the two that speak against it. Each is nil if it is
// unknown.
type Reasons struct {
	// SignificantDrift: a feature has drifted by more than 0.5 nats.
	SignificantDrift *bool `json:"significant_drift,omitempty"`
	// AccuracyDropped: more errors than the reference's rate and the tolerance.
	AccuracyDropped *bool `json:"accuracy_dropped,omitempty"`
	// AccuracyDeclining: more errors than at first, by more than the tolerance.
	AccuracyDeclining *bool `json:"accuracy_declining,omitempty"`
	// EstimateLow: the accuracy that is estimated without outcomes is below the reference's by
	// more than the tolerance, or was and has not recovered.
	EstimateLow *bool `json:"estimate_low,omitempty"`
	// ConceptDrift: more errors than the scores promise, by more than the tolerance.
	ConceptDrift *bool `json:"concept_drift,omitempty"`
	// CostExceeded: the excess errors are surely worth the cost of retraining.
	CostExceeded *bool `json:"cost_exceeded,omitempty"`
	// TooYoung and TooFewLabels speak against it.
	TooYoung     *bool `json:"too_young,omitempty"`
	TooFewLabels *bool `json:"too_few_labels,omitempty"`
}

// significant is the severity of drift that can recommend retraining.
const significant = 2

// Decision decides on a model of a snapshot. It is nil without a reference, and when the log
// could not be read. Retraining is recommended when accuracy has dropped, or the excess of
// errors has reached the cost, or a feature has drifted significantly and accuracy declines, is
// below what the scores promise, or is estimated low; unless the model is young, or there are
// few outcomes to learn from, or a later version has taken over.
func (j Judgement) Decision(s *snapshot.Snapshot, m *snapshot.Model) *Decision {
	if m.Reference == nil || m.Rows == nil {
		return nil
	}
	d := &Decision{Superseded: superseded(s, m)}
	d.accuracy(m.Accuracy)
	r := &d.Reasons
	if created := m.Reference.Created; !created.IsZero() {
		age := s.Time.Sub(created)
		young := age < j.Retraining.MinimumAge
		d.TrainingAge, r.TooYoung = &age, &young
	}
	few := d.Labels == nil || *d.Labels < j.Retraining.MinimumLabels
	r.TooFewLabels = &few
	r.SignificantDrift = j.significantDrift(m)
	r.AccuracyDropped, r.AccuracyDeclining, r.ConceptDrift = detected(d.Drop), detected(d.Decline), detected(d.Concept)
	if e := j.estimateLow(m); e != nil {
		r.EstimateLow, d.EstimateLowSince = &e.Low, e.Since
	}
	if j.Retraining.Cost > 0 && d.Excess != nil {
		exceeded := d.Excess.Since != nil
		r.CostExceeded = &exceeded
	}
	if r.SignificantDrift == nil && r.AccuracyDropped == nil && r.CostExceeded == nil {
		return d
	}
	recommended := r.Suffice() && !holdsTrue(r.TooYoung) && !few && !d.Superseded
	d.Recommended = &recommended
	return d
}

// Suffice reports whether the reasons for retraining are enough for it, whatever speaks against it.
func (r *Reasons) Suffice() bool {
	worse := holdsTrue(r.AccuracyDeclining) || holdsTrue(r.ConceptDrift) || holdsTrue(r.EstimateLow)
	return holdsTrue(r.AccuracyDropped) || holdsTrue(r.CostExceeded) || holdsTrue(r.SignificantDrift) && worse
}

// Reason is a reason for retraining, or one of the two against it.
type Reason struct {
	Name string
	// Holds is nil if it is not known.
	Holds   *bool
	Against bool
}

// All returns all reasons, those against retraining last.
func (r *Reasons) All() []Reason {
	return []Reason{
		{Name: "significant_drift", Holds: r.SignificantDrift},
		{Name: "accuracy_dropped", Holds: r.AccuracyDropped},
		{Name: "accuracy_declining", Holds: r.AccuracyDeclining},
		{Name: "estimate_low", Holds: r.EstimateLow},
		{Name: "concept_drift", Holds: r.ConceptDrift},
		{Name: "cost_exceeded", Holds: r.CostExceeded},
		{Name: "too_young", Holds: r.TooYoung, Against: true},
		{Name: "too_few_labels", Holds: r.TooFewLabels, Against: true},
	}
}

// For returns the names of the reasons that speak for retraining.
func (r *Reasons) For() (names []string) {
	for _, reason := range r.All() {
		if !reason.Against && holdsTrue(reason.Holds) {
			names = append(names, reason.Name)
		}
	}
	return names
}

// accuracy sets what the matured predictions say.
func (d *Decision) accuracy(a *snapshot.Accuracy) {
	if a == nil {
		return
	}
	d.Coverage, d.Labels = share(a.Labelled, a.Recent), &a.NewerLabels
	heard := func(r *snapshot.Rise) *snapshot.Rise {
		if r != nil && a.Silent && !r.Detected {
			return nil
		}
		return r
	}
	d.Drop, d.Decline, d.Concept = heard(a.Drop), heard(a.Decline), heard(a.Concept)
	if a.Normal != nil {
		d.Normal = &a.Normal.Rate
	}
	if x := a.Excess; x != nil {
		d.Excess = &Excess{Errors: x.Errors, Lower: x.Lower, Labels: x.Labels, Since: x.Since}
	}
}

// significantDrift says whether a feature has drifted significantly, nil until one has a verdict.
func (j Judgement) significantDrift(m *snapshot.Model) *bool {
	var found *bool
	for i := range m.Features() {
		d := &m.Features()[i]
		if j.Sequential && (d.Detection == nil || !d.Detection.Detected) {
			if d.Detection != nil && found == nil {
				found = new(bool)
			}
			continue
		}
		v := j.Drift(d)
		if v.Detected == nil {
			continue
		}
		if found == nil {
			found = new(bool)
		}
		*found = *found || *v.Detected && v.Test != nil && v.Test.Severity >= significant
	}
	return found
}

// estimateLow says whether the accuracy that is estimated without outcomes, or the error of a
// regression, is worse than the reference's by more than the tolerance; nil if it is unknown. Without
// sequential detection it is what the window says.
func (j Judgement) estimateLow(m *snapshot.Model) *snapshot.EstimateLow {
	if j.Sequential {
		return m.EstimateLow
	}
	s, ok := snapshot.ShortfallOf(m.Reference, m.Estimate, m.ExpectedError)
	if !ok {
		return nil
	}
	return &snapshot.EstimateLow{Low: s.Low(j.Retraining.Tolerance)}
}

// superseded reports whether a version of the model that was trained later answers requests. A
// shadow does not.
func superseded(s *snapshot.Snapshot, m *snapshot.Model) bool {
	for i := range s.Models {
		o := &s.Models[i]
		if o.Name == m.Name && o.Version != m.Version && o.Reference != nil && o.Reference.Created.After(m.Reference.Created) &&
			o.Rows != nil && o.Rows.Newest != nil && !o.Rows.Shadow {
			return true
		}
	}
	return false
}

// detected is the verdict of a detector, nil if it is not known.
func detected(r *snapshot.Rise) *bool {
	if r == nil {
		return nil
	}
	return &r.Detected
}

func holdsTrue(yes *bool) bool { return yes != nil && *yes }
