package review

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// scored is a log of which the predictions are right as often as their scores say, and what really
// happened.
func scored(t *testing.T, n int, seed uint64) (log string, truth []string, accuracy float64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	truth = make([]string, n)
	log = logOf(t, n, func(i int) predictionlog.Prediction {
		p := predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Score: rnd.Float64(), Latency: -1}
		if p.Score < .5 {
			p.Class = "0"
		}
		if truth[i] = "0"; rnd.Float64() < p.Score {
			truth[i] = "1"
		}
		if truth[i] == p.Class {
			accuracy += 1 / float64(n)
		}
		return p
	})
	return log, truth, accuracy
}

// Reviews of an uncertain queue find more errors than a random one, and weighted they give the
// accuracy all the same. Unweighted they would not, so they do not count as outcomes.
func TestAnUncertainQueueIsWeighted(t *testing.T) {
	t.Parallel()
	log, truth, accuracy := scored(t, 3000, 3)
	o := open(t, log, "sources:\n- {name: officers, review: {queue: uncertain, sample: 0.3, second_review: 0, undo: 0s}}\n", "")
	const n = 250
	for range n {
		id := o.next("ann")
		if id == "" {
			t.Fatal("the queue is empty")
		}
		o.decide("ann", truth[number(t, id)])
	}
	for _, r := range o.reviews() {
		if !(r.Probability >= .03-1e-9 && r.Probability <= .3) {
			t.Fatalf("review %+v", r)
		}
	}
	var estimate, lower, upper, samples float64
	for name, x := range map[string]*float64{"": &estimate, "_lower": &lower, "_upper": &upper, "_samples": &samples} {
		if _, err := fmt.Sscan(o.metric(`drift_outcomes_review_accuracy`+name+`{source="officers"}`), x); err != nil {
			t.Fatal(err)
		}
	}
	if samples != n || lower > accuracy || upper < accuracy || math.Abs(estimate-accuracy) > .08 {
		t.Errorf("accuracy %v (%v to %v) of %v, want %v", estimate, lower, upper, samples, accuracy)
	}
	reader := o.feedback()
	if len(reader) != 0 {
		t.Errorf("%d reviews count as outcomes", len(reader))
	}
	// One that somebody chooses is an outcome like any other.
	for id := range int64(3000) {
		if newDraws(logID(t, log), 0, []epoch{{After: -1, Sample: .3, Uncertain: true}}).may(id) {
			continue
		}
		if status, answer := o.validate(fmt.Sprintf(`{"reviewer_id": "ann", "prediction_id": %d, "validated_outcome": %q}`, id, truth[id]), nil); status != 200 {
			t.Errorf("%d %s", status, answer)
		}
		o.counts(map[int64]string{id: truth[id]})
		break
	}
}

// The share that is drawn, and the share of two reviews, are as configured, and independent.
func TestDrawsAreUniform(t *testing.T) {
	t.Parallel()
	d := newDraws("0b5f7d1e-0000-4000-8000-000000000000", .1, []epoch{{After: -1, Sample: .05}, {After: 99_999, Sample: .2}})
	var drawn, later, twice int
	for id := range int64(200_000) {
		row := predictionlog.Row{ID: id, Class: "1", Score: .5, HasScore: true}
		probability, key := d.draw(&row)
		if (probability > 0) != d.may(id) || probability > 0 && !(key > 0 && key < 1) {
			t.Fatalf("prediction %d: %v %v", id, probability, key)
		}
		if probability == 0 {
			continue
		}
		if id < 100_000 {
			drawn++
			if probability != .05 {
				t.Fatalf("probability %v", probability)
			}
		} else {
			later++
		}
		if d.twice(id) {
			twice++
		}
	}
	for _, test := range []struct {
		name  string
		n, of int
		want  float64
	}{{"drawn", drawn, 100_000, .05}, {"drawn later", later, 100_000, .2}, {"twice", twice, drawn + later, .1}} {
		if sd := math.Sqrt(test.want * (1 - test.want) / float64(test.of)); math.Abs(float64(test.n)/float64(test.of)-test.want) > 4*sd {
			t.Errorf("%s: %d of %d", test.name, test.n, test.of)
		}
	}
}

// Few reviews, taken at any moment, give the accuracy without bias, and their interval covers it.
func TestFewReviewsGiveTheAccuracy(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 9))
	read := value.NewClassReader(nil)
	for _, uncertainFirst := range []bool{false, true} {
		covered, bias := 0, 0.0
		const repeats, n, reviewed = 400, 2500, 60
		for k := range repeats {
			d := newDraws(fmt.Sprint(k), 0, []epoch{{After: -1, Sample: .2, Uncertain: uncertainFirst}})
			q := newQueue(&config{limit: n, reservation: time.Hour})
			truth := map[int64]string{}
			right := 0.0
			for id := range int64(n) {
				row := predictionlog.Row{ID: id, Class: "1", Score: rnd.Float64(), HasScore: true}
				if row.Score < .5 {
					row.Class = "0"
				}
				if truth[id] = "0"; rnd.Float64() < row.Score {
					truth[id] = "1"
				}
				if truth[id] == row.Class {
					right++
				}
				if p, key := d.draw(&row); p > 0 {
					q.add(&item{id: id, probability: p, key: key, class: row.Class})
				}
			}
			for range reviewed { // not all: people stop when they like
				it := q.next("ann", clock)
				it.hear("ann", truth[it.id], 1, true)
				q.place(it)
				q.release("ann")
			}
			all, _ := q.accuracy(read, []outcomes.Answer{{Outcome: "1"}, {Outcome: "0"}})
			value, lower, upper, _ := all.Estimate()
			bias += (value - right/n) / repeats
			if lower <= right/n && right/n <= upper {
				covered++
			}
		}
		if share := float64(covered) / repeats; share < .92 || math.Abs(bias) > .012 {
			t.Errorf("uncertain %v: coverage %.3f, bias %.4f", uncertainFirst, share, bias)
		} else {
			t.Logf("uncertain %v: coverage %.3f, bias %.4f", uncertainFirst, share, bias)
		}
	}
}

var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A model of many classes has a button for each, a regression a field for a number.
func TestOtherModelsAreReviewed(t *testing.T) {
	t.Parallel()
	many := open(t, logOf(t, 2, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "low", Score: .7, Latency: -1}
	}), "sources:\n- {name: officers, outcome: {classes: [low, middle, high]}, review: {sample: 1, second_review: 0, undo: 0s}}\n", "")
	_, page := many.get("/review?reviewer_id=ann", nil)
	for i, class := range []string{"low", "middle", "high"} {
		if want := fmt.Sprintf(`value="%s" data-key="%d"><bdi>%s</bdi>`, class, i+1, class); !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	id := number(t, many.decide("ann", "middle"))
	many.counts(map[int64]string{id: "middle"})
	if status, page := many.post("ann", url.Values{"prediction_id": {many.next("ann")}, "outcome": {"1"}}); status != 409 || !strings.Contains(page, "not one of low, middle, high") {
		t.Errorf("%d %s", status, page)
	}

	values := open(t, logOf(t, 2, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "", Score: 210_000, Latency: -1}
	}), "sources:\n- {name: officers, review: {answer: number, sample: 1, second_review: 0, undo: 0s}}\n", "")
	if _, page = values.get("/review?reviewer_id=ann", nil); !strings.Contains(page, `<input name="outcome" inputmode="decimal"`) {
		t.Error("the page has no field for a number")
	}
	id = number(t, values.next("ann"))
	if status, page := values.post("ann", url.Values{"prediction_id": {fmt.Sprint(id)}, "outcome": {"a lot"}}); status != 409 || !strings.Contains(page, "is not a number") {
		t.Errorf("%d %s", status, page)
	}
	values.decide("ann", "205000.5")
	values.counts(map[int64]string{id: "205000.5"})
	if got := values.metric(`drift_outcomes_review_accuracy_samples{source="officers"}`); got != "0" {
		t.Errorf("%s samples of an accuracy", got)
	}
}
