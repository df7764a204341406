package replay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// loan draws a loan term and a credit score.
func loan(r *rand.Rand) (term, score float64) {
	return []float64{15, 20, 30}[r.IntN(3)], 500 + float64(r.IntN(300))
}

// loans writes a reference of loans of which a fifth is predicted wrong.
func loans(t *testing.T) string {
	t.Helper()
	r := rand.New(rand.NewPCG(31, 32))
	term := reference.Column{Name: "loan_term", Type: reference.Numeric}
	score := reference.Column{Name: "credit_score", Type: reference.Numeric}
	state := reference.Column{Name: "state", Type: reference.Categorical}
	heldOut := &reference.HeldOut{}
	for i := range 20_000 {
		x, y := loan(r)
		term.Numbers, score.Numbers = append(term.Numbers, x), append(score.Numbers, y)
		state.Texts = append(state.Texts, []string{"NY", "CA", "TX"}[r.IntN(3)])
		p := r.Float64()
		heldOut.Index, heldOut.Score, heldOut.Predicted = append(heldOut.Index, i), append(heldOut.Score, p), append(heldOut.Predicted, class(p))
		heldOut.Actual = append(heldOut.Actual, outcomeOf(r, class(p), 0.2))
	}
	ref, err := reference.Build([]reference.Column{term, score, state}, heldOut, reference.BuildOptions{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := ref.Encode(&text); err != nil {
		t.Fatal(err)
	}
	return write(t, "reference.json", text.String())
}

// TestTheSliceWhoseAccuracyFellIsNamedFirst has accuracy fall only for a loan term of 30 and a
// credit score below 640.
func TestTheSliceWhoseAccuracyFellIsNamedFirst(t *testing.T) {
	t.Parallel()
	w, r := newLog(t), rand.New(rand.NewPCG(33, 34))
	const rows = 25_000
	var events []event
	var waiting []string
	for i := range rows {
		term, score := loan(r)
		p, wrong := r.Float64(), 0.2
		if i > 5000 && term == 30 && score < 640 {
			wrong = 0.7
		}
		at := start.Add(time.Duration(i) * time.Second)
		events = append(events, event{time: at, version: "1", score: p,
			features: fmt.Sprintf(`{"loan_term":%v,"credit_score":%v,"state":%q}`, term, score, []string{"NY", "CA", "TX"}[r.IntN(3)])})
		waiting = append(waiting, outcomeOf(r, class(p), wrong))
		if about := i - 100; about >= 0 {
			events = append(events, event{time: at, about: int64(about) + 1, outcome: waiting[about]})
		}
	}
	w.write(events...)
	o := watch(t)
	o.ReferenceFile, o.Window.Maturity = loans(t), 5*time.Minute
	o.Retraining, o.SegmentLimits = assess.Retraining{Tolerance: 0.05}, collector.SegmentLimits{Top: 10}
	report := replayed(t, Options{Log: w.path, Segments: true, Step: 10 * time.Minute, Settings: []Setting{{Watch: o}}})
	named := report.Results[0].Models[0].Segments
	if len(named) == 0 || len(named) > 10 {
		t.Fatalf("%d slices are named", len(named))
	}
	first := named[0]
	if !strings.Contains(first.Name, "loan_term=30 and credit_score=") || first.Accuracy.Value > 0.4 {
		t.Errorf("named first: %+v", first)
	}
	for _, s := range named {
		if !strings.Contains(s.Name, "loan_term=30") && !strings.Contains(s.Name, "credit_score=") || strings.Contains(s.Name, "loan_term=15") {
			t.Errorf("named: %+v", s)
		}
	}
	var page strings.Builder
	if err := report.Print(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "in which accuracy fell") || !strings.Contains(page.String(), first.Name) {
		t.Errorf("%s", page.String())
	}
}
