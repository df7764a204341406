package review

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review/raise"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// twoModels makes predictions of the models a and b in turn.
func twoModels(i int) predictionlog.Prediction {
	return predictionlog.Prediction{Model: []string{"a", "b"}[i%2], Features: []byte("{}"), Class: "1", Score: .9, Latency: -1}
}

// While a request lasts, more of its model is drawn, and of no other; each with the probability
// that its weight needs. Afterwards it is as before, and a restart draws the same.
func TestMoreIsReviewedWhileARequestLasts(t *testing.T) {
	t.Parallel()
	log := logOf(t, 200, twoModels)
	folder := filepath.Join(t.TempDir(), "raises")
	config := fmt.Sprintf("sources:\n- {name: officers, review: {sample: 0.1, second_review: 0, undo: 0s, raise: {folder: %s, at_most: 0.6}}}\n", folder)
	o := open(t, log, config, "")
	const sample, raised, queue = `drift_outcomes_review_sample_ratio{source="officers"}`, `drift_outcomes_review_raised_sample_ratio{model="a",source="officers"}`, `drift_outcomes_review_queue{person="first",source="officers"}`
	wait := func(name, want string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); o.metric(name) != want; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is %q, want %q", name, o.metric(name), want)
			}
		}
	}
	wait(sample, "0.1")
	wait(raised, "")
	if err := os.WriteFile(raise.Path(folder, "broken"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := raise.Put(folder, raise.Raise{Run: "r1", Model: "a", Sample: .9, Until: time.Now().Add(time.Hour)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	wait(raised, "0.6") // at_most
	add(t, log, 200, twoModels)
	want := drawn(t, log, 400, func(id int64) float64 {
		if id >= 200 && id%2 == 0 {
			return .6
		}
		return .1
	})
	wait(queue, fmt.Sprint(len(want)))
	if err := os.Remove(raise.Path(folder, "r1")); err != nil {
		t.Fatal(err)
	}
	wait(raised, "")
	add(t, log, 200, twoModels)
	want = drawn(t, log, 600, func(id int64) float64 {
		if id >= 200 && id < 400 && id%2 == 0 {
			return .6
		}
		return .1
	})
	wait(queue, fmt.Sprint(len(want)))
	o.stop()
	o = open(t, log, config, "")
	wait(queue, fmt.Sprint(len(want)))
	for range want {
		o.next("ann")
		o.decide("ann", "1")
	}
	if id := o.next("ann"); id != "" {
		t.Errorf("prediction %s waits, too", id)
	}
	for _, r := range o.reviews() {
		if want[r.PredictionID] != r.Probability {
			t.Errorf("prediction %d was drawn with probability %v, want %v", r.PredictionID, r.Probability, want[r.PredictionID])
		}
	}
}

// drawn returns the predictions that are drawn with the given probabilities.
func drawn(t *testing.T, log string, n int64, probability func(id int64) float64) map[int64]float64 {
	t.Helper()
	d, all := newDraws(logID(t, log), 0, nil), map[int64]float64{}
	for id := range n {
		if p := probability(id); d.uniform(id, 0) < p {
			all[id] = p
		}
	}
	return all
}

func TestARequestOfAnotherModelOrBelowTheSampleChangesNothing(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Now()
	for _, r := range []raise.Raise{{Run: "1", Model: "other", Sample: .9}, {Run: "2", Model: "m", Sample: .2}, {Run: "3", Model: "m", Sample: .1}, {Run: "4", Model: "m", Sample: .01}} {
		r.Until = now.Add(time.Hour)
		if _, err := raise.Put(folder, r, now); err != nil {
			t.Fatal(err)
		}
	}
	d := &desk{config: &config{model: "m", sample: .05, raise: folder, raiseMost: 1}, now: func() time.Time { return now }}
	if got := d.raised(); len(got) != 1 || got["m"] != .2 {
		t.Errorf("raised %v, want m: 0.2", got)
	}
	d.sample = .2
	if got := d.raised(); got != nil {
		t.Errorf("raised %v, want none", got)
	}
	if text := strings.TrimSpace(d.wrong); text != "" {
		t.Error(text)
	}
}
