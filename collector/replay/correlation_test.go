package replay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestDivergenceThatHurtsCorrelatesWithAccuracy lets income drift more and more. The outcomes,
// which arrive much later, get worse at the same rate.
func TestDivergenceThatHurtsCorrelatesWithAccuracy(t *testing.T) {
	t.Parallel()
	w, r := newLog(t), rand.New(rand.NewPCG(5, 1))
	const blocks, rows = 10, 300
	var events, outcomes []event
	for b := range blocks {
		batch := traffic(r, start.Add(time.Duration(b*rows)*time.Second), time.Second, rows, float64(b)/10)
		for i, e := range batch {
			right := r.Float64() < .95-float64(b)/20
			outcome := class(e.score)
			if !right {
				outcome = class(1 - e.score)
			}
			// Ids begin with 1. Some predictions have a first outcome that is replaced later.
			about := int64(b*rows + i + 1)
			if i%10 == 0 {
				outcomes = append(outcomes, event{about: about, outcome: "2"})
			}
			outcomes = append(outcomes, event{about: about, outcome: outcome})
		}
		events = append(events, batch...)
	}
	for i := range outcomes {
		outcomes[i].time = start.Add(3*time.Hour + time.Duration(i)*time.Second)
	}
	events = append(events, traffic(r, start.Add(6*time.Hour), time.Second, rows/2, 0)...) // half a block
	w.write(append(events[:blocks*rows:blocks*rows], outcomes...)...)
	w.write(events[blocks*rows:]...)
	o := watch(t)
	o.Window.Predictions = rows
	report := replayed(t, Options{Log: w.path, Correlation: true, Settings: []Setting{{Watch: o}}})
	if len(report.Courses) != 1 || len(report.Courses[0].Blocks) != blocks {
		t.Fatalf("courses %+v", report.Courses)
	}
	h := &report.Courses[0]
	for b, block := range h.Blocks {
		want := .95 - float64(b)/20
		if accuracy := 1 - block.Loss; block.Labelled != rows || accuracy < want-.08 || accuracy > want+.08 {
			t.Errorf("block %d: accuracy %v of %d, want %v", b, accuracy, block.Labelled, want)
		}
	}
	rho, n := h.Correlations()
	if n != blocks || fmt.Sprint(h.Features) != "[income state]" || rho[0] > -.9 || rho[1] < -.7 {
		t.Errorf("over %d blocks %v correlate %v", n, h.Features, rho)
	}
	text := printed(t, report)
	for _, want := range []string{"over 10 blocks of 300 predictions", fmt.Sprintf("  income        %+.2f    ", rho[0]), "beyond ±0.65"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Index(text, "correlation  least") > strings.LastIndex(text, "income") || strings.LastIndex(text, "income") > strings.LastIndex(text, "state") {
		t.Errorf("the culprit is not first:\n%s", text)
	}
}

func TestFewBlocksMakeNoCorrelation(t *testing.T) {
	t.Parallel()
	report := replayed(t, Options{Log: drifting(t).path, Correlation: true, Settings: []Setting{{Watch: watch(t)}}})
	if text := printed(t, report); !strings.Contains(text, "over 0 blocks") || !strings.Contains(text, "too few blocks have outcomes") {
		t.Errorf("without outcomes:\n%s", text)
	}
	o := watch(t)
	o.Window.Predictions, o.Window.Duration = 0, time.Hour
	_, err := Run(t.Context(), Options{Log: "none", Step: time.Second, Correlation: true, Settings: []Setting{{Watch: o}}})
	if err == nil || !strings.Contains(err.Error(), "--window.predictions") {
		t.Errorf("without a number of predictions: %v", err)
	}
}
