package replay

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// known writes the reference of traffic of which a fifth is predicted wrong.
func known(t *testing.T) string {
	t.Helper()
	r := rand.New(rand.NewPCG(21, 22))
	const rows = 10_000
	income := reference.Column{Name: "income", Type: reference.Numeric}
	state := reference.Column{Name: "state", Type: reference.Categorical}
	heldOut := &reference.HeldOut{}
	for i := range rows {
		income.Numbers = append(income.Numbers, math.Round(50_000+10_000*r.NormFloat64()))
		state.Texts = append(state.Texts, []string{"NY", "CA", "TX"}[r.IntN(3)])
		score := r.Float64()
		heldOut.Index, heldOut.Score, heldOut.Predicted = append(heldOut.Index, i), append(heldOut.Score, score), append(heldOut.Predicted, class(score))
		heldOut.Actual = append(heldOut.Actual, outcomeOf(r, class(score), 0.2))
	}
	ref, err := reference.Build([]reference.Column{income, state}, heldOut, reference.BuildOptions{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := ref.Encode(&text); err != nil {
		t.Fatal(err)
	}
	return write(t, "reference.json", text.String())
}

func outcomeOf(r *rand.Rand, predicted string, wrong float64) string {
	if (r.Float64() < wrong) == (predicted == "1") {
		return "0"
	}
	return "1"
}

// TestReplaySaysWhenToRetrainAndWhatThatSaves replays three weeks. In the last ten days twice as
// many predictions are wrong, while nothing drifts.
func TestReplaySaysWhenToRetrainAndWhatThatSaves(t *testing.T) {
	t.Parallel()
	w, r := newLog(t), rand.New(rand.NewPCG(23, 24))
	const minutes = 21 * 24 * 60
	change := start.Add(11 * 24 * time.Hour)
	var events []event
	rows := traffic(r, start, time.Minute, minutes, 0)
	for i, e := range rows {
		events = append(events, e)
		if about := i - 60; about >= 0 {
			wrong := 0.2
			if rows[about].time.After(change) {
				wrong = 0.4
			}
			events = append(events, event{time: e.time, about: int64(about) + 1, outcome: outcomeOf(r, class(rows[about].score), wrong)})
		}
	}
	w.write(events...)
	o := watch(t)
	o.ReferenceFile = known(t)
	o.Window.Maturity = 2 * time.Hour
	o.Retraining = assess.Retraining{Tolerance: 0.05, Cost: 300, MinimumLabels: 500}
	report := replayed(t, Options{Log: w.path, Decisions: true, Step: 10 * time.Minute, Settings: []Setting{{Watch: o}}})
	d := report.Results[0].Models[0].Decisions
	if d == nil || len(d.Recommended) != 1 || d.Recommended[0].Time.Before(change) || d.Recommended[0].Time.After(change.Add(36*time.Hour)) ||
		!slices.Contains(d.Recommended[0].Reasons, "accuracy_dropped") {
		t.Fatalf("recommended: %+v", d)
	}
	of := map[string]Policy{}
	for _, p := range d.Policies() {
		of[p.Name] = p
	}
	if never := of["never"]; math.Abs(never.Errors-0.2*10*1440) > 400 || never.Trainings != 0 || never.Cost != never.Errors {
		t.Errorf("never: %+v", never)
	}
	if rule := of["as recommended"]; rule.Trainings != 1 || rule.Cost > of["never"].Cost/2 || rule.Cost != rule.Errors+300 {
		t.Errorf("as recommended: %+v, never %+v", rule, of["never"])
	}
	if weekly := of["weekly"]; weekly.Trainings != 2 || weekly.Errors < of["as recommended"].Errors {
		t.Errorf("weekly: %+v", weekly)
	}
	// The accuracy of the newest 100 outcomes falls below a threshold by chance.
	if often := of["by threshold"]; often.Trainings < 5 {
		t.Errorf("by threshold: %+v", often)
	}
	var page strings.Builder
	if err := report.Print(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"retraining m 1\n", "recommended at 2026-11-1", "accuracy_dropped", "as recommended", "with their cost"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, page.String())
		}
	}
}

func TestPoliciesAreCountedByDay(t *testing.T) {
	t.Parallel()
	d := Decisions{first: start, cost: 50, Known: true}
	for i := range 21 {
		x := ExcessDay{Labels: 100, Errors: -1}
		if i >= 10 {
			x.Errors = 20
		}
		d.Days = append(d.Days, x)
	}
	d.Recommended = []Recommendation{{Time: start.Add(11*day + time.Hour)}}
	want := []Policy{
		{"never", 0, 220, 220},
		{"weekly", 2, 100, 200},         // days 10 to 14, before the second training takes it away
		{"by threshold", 0, 220, 220},   // it was never below
		{"as recommended", 1, 40, 90.0}, // days 10 and 11
	}
	for i, p := range d.Policies() {
		if p.Name != want[i].Name || p.Trainings != want[i].Trainings || math.Abs(p.Errors-want[i].Errors) > 1e-9 || math.Abs(p.Cost-want[i].Cost) > 1e-9 {
			t.Errorf("%+v, want %+v", p, want[i])
		}
	}
}

func TestDecisionsWithoutOutcomesAndReasons(t *testing.T) {
	t.Parallel()
	report := replayed(t, Options{Log: drifting(t).path, Decisions: true, Step: time.Minute, Settings: []Setting{{Watch: watch(t)}}})
	var page strings.Builder
	if err := report.Print(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"never recommended", "no outcome can be compared with the reference"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, page.String())
		}
	}
}
