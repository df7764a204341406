package window

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestALowEstimateStaysUntilItRecovers(t *testing.T) {
	t.Parallel()
	end := start
	var l estimateLow
	for i, c := range []struct {
		value, band float64
		rows, size  int64
		known, low  bool
	}{
		{.5, .1, 49, 49, false, false},    // too few predictions
		{.08, .04, 50, 99, true, false},   // the interval reaches into the tolerance
		{.08, .02, 1, 100, true, true},    // it begins
		{.04, .02, 2000, 100, true, true}, // above half the tolerance
		{.02, .02, 999, 100, true, true},
		{.03, .02, 10, 100, true, true}, // and again: 999 do not count
		{.024, .02, 999, 100, true, true},
		{.9, .9, 5000, 49, true, true}, // too few predictions say nothing
		{.03, .04, 1, 100, true, false},
		{.06, .04, 1, 100, true, false}, // it does not begin at once
		{.06, .005, 1, 100, true, true},
	} {
		before := l.low
		end = end.Add(15 * time.Second)
		l = l.after(snapshot.Shortfall{Value: c.value, Band: c.band}, .05, end, c.rows, c.size)
		shown := l.show()
		if l.known != c.known || l.low != c.low || (shown != nil) != c.known {
			t.Fatalf("step %d: %+v, want known %v, low %v", i, l, c.known, c.low)
		}
		if l.low && !before && !shown.Since.Equal(end) {
			t.Errorf("step %d: since %v, want %v", i, shown.Since, end)
		}
	}
}

// TestALowEstimateIsAFunctionOfTheLog holds a window that reads every batch against new ones, while
// the scores of the predictions become uncertain and certain again.
func TestALowEstimateIsAFunctionOfTheLog(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	n := 0
	ref := normalWith(t, func(r row) string { // certain scores are right, others half the time
		n++
		if math.Abs(r.score-.5) < .2 && n%2 == 0 {
			return fmt.Sprint(1 - math.Round(r.score))
		}
		return fmt.Sprint(math.Round(r.score))
	})
	o := defaults()
	o.Predictions, o.Lookback, o.FalseAlarmsPerMonth, o.Tolerance, o.AccuracyTolerance = 300, 2000, 1, .02, .05
	often := log.open(ref, o)
	rnd, clock := rand.New(rand.NewPCG(1, 2)), start
	var seen []bool
	var since *time.Time
	for round := range 120 {
		batch := traffic(rnd, clock, 50)
		clock = batch[len(batch)-1].time
		for i := range batch {
			switch {
			case round >= 20 && round < 50:
				batch[i].score = .5
			case batch[i].score < .5:
				batch[i].score = .01
			default:
				batch[i].score = .99
			}
		}
		log.predict(batch...)
		got := see(t, often, clock)
		if want := describe(see(t, log.open(ref, o), clock)); describe(got) != want {
			t.Fatalf("round %d:\n%s", round, differing(describe(got), want))
		}
		e := got.Models[0].EstimateLow
		if e == nil {
			continue
		}
		if n := len(seen); n == 0 || seen[n-1] != e.Low {
			seen = append(seen, e.Low)
		}
		if e.Low && since == nil {
			since = e.Since
		}
		if e.Low && !e.Since.Equal(*since) {
			t.Fatalf("round %d: since %v, which was %v", round, e.Since, since)
		}
	}
	if fmt.Sprint(seen) != "[false true false]" {
		t.Errorf("it was low: %v, want once", seen)
	}
}
