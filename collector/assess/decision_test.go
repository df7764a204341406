package assess

import (
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

var someday = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func retrained() Judgement {
	return Judgement{Sequential: true, Retraining: Retraining{Tolerance: 0.05, Cost: 100, MinimumAge: 7 * 24 * time.Hour, MinimumLabels: 500}}
}

// quietModel gives no reason to retrain.
func quietModel() *snapshot.Snapshot {
	reason := func() *snapshot.Rise { return &snapshot.Rise{Detection: snapshot.Detection{Threshold: 15}} }
	return &snapshot.Snapshot{Time: someday, Models: []snapshot.Model{{
		Name: "m", Version: "1", Rows: &snapshot.Rows{Count: 1000},
		Reference: &reference.Reference{Created: someday.Add(-30 * 24 * time.Hour), Classes: []reference.Class{{Class: "0", Count: 1000, Labelled: 1000, Correct: 800}}},
		Distributions: &snapshot.Distributions{Features: []snapshot.Distribution{{
			Name: "f", Detection: &snapshot.Detection{}, KL: new(0.9), Null: drift.NewNull([]int64{500, 500}, 1000, 99, 1), Total: 1000, ReferenceTotal: 1000,
		}}},
		Accuracy: &snapshot.Accuracy{
			Recent: 1000, Labelled: 1000, Labels: 5000, NewerLabels: 5000, Drop: reason(), Decline: reason(), Concept: reason(),
			Excess: &snapshot.Excess{Labels: 5000, Errors: 3, Lower: -50},
		},
		EstimateLow: &snapshot.EstimateLow{},
	}}}
}

// Changes to a quiet model, each of which gives or takes one reason.
var (
	drifted   = func(m *snapshot.Model) { m.Distributions.Features[0].Detection.Detected = true }
	dropped   = func(m *snapshot.Model) { m.Accuracy.Drop.Detected = true }
	declining = func(m *snapshot.Model) { m.Accuracy.Decline.Detected = true }
	concept   = func(m *snapshot.Model) { m.Accuracy.Concept.Detected = true }
	low       = func(m *snapshot.Model) { m.EstimateLow = &snapshot.EstimateLow{Low: true, Since: &someday} }
	costly    = func(m *snapshot.Model) { m.Accuracy.Excess.Lower, m.Accuracy.Excess.Since = 120, &someday }
	young     = func(m *snapshot.Model) { m.Reference.Created = someday.Add(-6 * 24 * time.Hour) }
	few       = func(m *snapshot.Model) { m.Accuracy.NewerLabels = 499 }
)

// TestEachReasonAloneDecides changes one thing, and the recommendation with it.
func TestEachReasonAloneDecides(t *testing.T) {
	t.Parallel()
	type change = func(*snapshot.Model)
	for _, c := range []struct {
		reason       string
		others       []change
		alone        change
		before, then bool
	}{
		{"accuracy_dropped", nil, dropped, false, true},
		{"cost_exceeded", nil, costly, false, true},
		{"significant_drift", []change{declining}, drifted, false, true},
		{"accuracy_declining", []change{drifted}, declining, false, true},
		{"estimate_low", []change{drifted}, low, false, true},
		{"concept_drift", []change{drifted}, concept, false, true},
		{"too_young", []change{dropped}, young, true, false},
		{"too_few_labels", []change{costly}, few, true, false},
	} {
		s := quietModel()
		for _, other := range c.others {
			other(&s.Models[0])
		}
		j := retrained()
		if d := j.Decision(s, &s.Models[0]); d.Recommended == nil || *d.Recommended != c.before || holds(&d.Reasons, c.reason) {
			t.Errorf("without %s: %+v", c.reason, d)
		}
		c.alone(&s.Models[0])
		if d := j.Decision(s, &s.Models[0]); d.Recommended == nil || *d.Recommended != c.then || !holds(&d.Reasons, c.reason) {
			t.Errorf("with %s: %+v", c.reason, d)
		}
	}
}

func holds(r *Reasons, name string) bool {
	return holdsTrue(map[string]*bool{
		"significant_drift": r.SignificantDrift, "accuracy_dropped": r.AccuracyDropped, "accuracy_declining": r.AccuracyDeclining, "estimate_low": r.EstimateLow,
		"concept_drift": r.ConceptDrift, "cost_exceeded": r.CostExceeded, "too_young": r.TooYoung, "too_few_labels": r.TooFewLabels,
	}[name])
}

func TestReasonsThatDoNotSufficeAlone(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]func(*snapshot.Model){
		"drift alone": {drifted}, "no drift": {declining, concept, low},
		"moderate drift": {drifted, declining, func(m *snapshot.Model) { m.Distributions.Features[0].KL = new(0.4) }},
	} {
		s := quietModel()
		for _, change := range changes {
			change(&s.Models[0])
		}
		j := retrained()
		if d := j.Decision(s, &s.Models[0]); *d.Recommended {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestALaterVersionEndsARecommendation(t *testing.T) {
	t.Parallel()
	s := quietModel()
	dropped(&s.Models[0])
	later := snapshot.Model{Name: "m", Version: "2", Reference: &reference.Reference{Created: someday}, Rows: &snapshot.Rows{}}
	s.Models = append(s.Models, later)
	j := retrained()
	if d := j.Decision(s, &s.Models[0]); !*d.Recommended || d.Superseded {
		t.Errorf("before its first request: %+v", d)
	}
	s.Models[1].Rows.Newest, s.Models[1].Rows.Shadow = &someday, true
	if d := j.Decision(s, &s.Models[0]); !*d.Recommended || d.Superseded {
		t.Errorf("while it is a shadow: %+v", d)
	}
	s.Models[1].Rows.Shadow = false
	if d := j.Decision(s, &s.Models[0]); *d.Recommended || !d.Superseded || !*d.Reasons.AccuracyDropped {
		t.Errorf("after it: %+v", d)
	}
	s.Models[1].Name = "other"
	if d := j.Decision(s, &s.Models[0]); !*d.Recommended {
		t.Errorf("of another model: %+v", d)
	}
}

func TestWhatIsUnknownIsNoReason(t *testing.T) {
	t.Parallel()
	j := retrained()
	s := &snapshot.Snapshot{Time: someday, Models: []snapshot.Model{{Name: "m", Rows: &snapshot.Rows{}, Reference: &reference.Reference{}}}}
	d := j.Decision(s, &s.Models[0])
	if d.Recommended != nil || d.TrainingAge != nil || d.Reasons.TooYoung != nil || d.Reasons.EstimateLow != nil || d.Reasons.CostExceeded != nil || !*d.Reasons.TooFewLabels {
		t.Errorf("%+v", d)
	}
	// Without a cost nothing exceeds it.
	s = quietModel()
	costly(&s.Models[0])
	j.Retraining.Cost = 0
	if d := j.Decision(s, &s.Models[0]); d.Reasons.CostExceeded != nil || *d.Recommended {
		t.Errorf("without a cost: %+v", d)
	}
}

func TestTheEstimateOfAWindow(t *testing.T) {
	t.Parallel()
	s := quietModel()
	j := retrained()
	j.Sequential = false
	for _, c := range []struct {
		accuracy float64
		want     bool
	}{{0.79, false}, {0.735, false}, {0.73, true}} { // 0.8 - 0.05, and 1.96 standard errors
		s.Models[0].Estimate = &snapshot.Estimate{Estimated: drift.Estimated{Rows: 1000, Accuracy: c.accuracy, StandardError: 0.01}}
		if d := j.Decision(s, &s.Models[0]); d.Reasons.EstimateLow == nil || *d.Reasons.EstimateLow != c.want || d.EstimateLowSince != nil {
			t.Errorf("accuracy %v: %v", c.accuracy, d.Reasons.EstimateLow)
		}
	}
}

func TestTheEstimateOfARegression(t *testing.T) {
	t.Parallel()
	quantiles := make([]float64, 101)
	for i := range quantiles {
		quantiles[i] = float64(i) / 10
	}
	s := &snapshot.Snapshot{Time: someday, Models: []snapshot.Model{{
		Name: "m", Type: value.Regression, Rows: &snapshot.Rows{},
		Reference: &reference.Reference{Errors: &reference.Errors{Labelled: []int64{100}, Absolute: []float64{500}, Quantiles: quantiles}},
	}}}
	j := retrained()
	j.Sequential = false
	for _, c := range []struct {
		mean float64
		want bool
	}{{5, false}, {5.6, false}, {5.8, true}} { // 5 + .05 * 9.9, and 1.96 standard errors
		s.Models[0].ExpectedError = &drift.ExpectedError{Rows: 1000, Error: c.mean, StandardError: 0.1}
		if d := j.Decision(s, &s.Models[0]); d.Reasons.EstimateLow == nil || *d.Reasons.EstimateLow != c.want {
			t.Errorf("mean error %v: %v", c.mean, d.Reasons.EstimateLow)
		}
	}
}
