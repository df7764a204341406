package window

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// lend writes loans, and the outcomes of those that were granted. Of the loans that the model
// would grant, a share of good turn out well; of those that it would refuse, one of bad. One in
// twenty is answered otherwise.
func lend(log *writer, rnd *rand.Rand, first int64, from time.Time, n int, good, bad float64) {
	rows := traffic(rnd, from, n)
	log.predict(rows...)
	var explored, granted []int64
	for i, r := range rows {
		id, answer := first+int64(i), r.score >= .5
		if rnd.Float64() < .05 {
			explored, answer = append(explored, id), !answer
		}
		if answer {
			granted = append(granted, id)
		}
	}
	log.all("INSERT INTO explorations VALUES (?, 'other', 0.05)", func(run func(...any)) {
		for _, id := range explored {
			run(id)
		}
	})
	log.all(insertOutcome, func(run func(...any)) {
		for _, id := range granted {
			r := rows[id-first]
			run(id, r.time.Add(time.Hour).UnixNano(), came(rnd, map[bool]float64{true: good, false: bad}[r.score >= .5]))
		}
	})
}

// Accuracy rises while the refusals get worse, because those who are refused never show what they
// would have done. The explored ones do.
func TestAccuracyRisesWhileRefusalsGetWorse(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	log, ref := newLog(t), normal(t)
	o := defaults()
	o.Predictions, o.Feedback, o.Lookback = 4000, 1000, 50_000
	w := log.open(ref, o)
	lend(log, rnd, 1, start, 8000, .80, .20)
	before := see(t, w, start.Add(4*time.Hour)).Models[0]
	lend(log, rnd, 8001, start.Add(4*time.Hour), 20_000, .87, .50)
	now := start.Add(12 * time.Hour)
	after := see(t, w, now).Models[0]
	of := func(m *snapshot.Model) (accuracy *assess.Interval, s *assess.Selection) {
		return assess.PerformanceOf(m).Accuracy, assess.SelectionOf(m)
	}
	was, selection := of(&before)
	is, worse := of(&after)
	if !(is.Lower > was.Value) {
		t.Errorf("accuracy %+v, before %+v: it has not risen", is, was)
	}
	for _, s := range []*assess.Selection{selection, worse} {
		if s.OneSided == nil || *s.OneSided != "0" || *s.Classes[1].Coverage > .1**s.Classes[0].Coverage || s.Classes[1].Explored == 0 {
			t.Errorf("selection %+v", s)
		}
	}
	right, wrong := selection.Classes[1].ExploredAccuracy, worse.Classes[1].ExploredAccuracy
	if !(right.Lower <= .8 && .8 <= right.Upper && wrong.Upper < right.Value && math.Abs(wrong.Value-.5) < .1) {
		t.Errorf("of the refusals %+v were right, and then %+v", right, wrong)
	}
	// A new exporter shows the same.
	again := see(t, log.open(ref, o), now).Models[0]
	if !reflect.DeepEqual(again.Performance, after.Performance) || *again.Coverage != *after.Coverage {
		t.Errorf("after a restart %+v, %+v; before %+v, %+v", again.Performance, again.Coverage, after.Performance, after.Coverage)
	}
}

// Like feedback, the window of explored outcomes has the last record of each prediction only, and
// a bound.
func TestExploredOutcomesAreAWindow(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	o := defaults()
	o.Feedback = 3
	w := log.open(normal(t), o)
	rows := traffic(rand.New(rand.NewPCG(1, 1)), start, 10)
	for i := range rows {
		rows[i].score = .1
	}
	log.predict(rows...)
	for id := range 6 {
		log.exec("INSERT INTO explorations VALUES (?, '1', 0.5)", id+1)
	}
	negative := func() (samples int64, right float64) {
		p := see(t, w, start.Add(time.Hour)).Models[0].Performance
		return p.Explored.Negative.Samples, p.Explored.Negative.Right
	}
	log.feedback(1, "0")
	log.feedback(9, "0") // not explored
	if n, right := negative(); n != 1 || right != 2 {
		t.Errorf("%d samples, %v right", n, right)
	}
	log.feedback(1, "1")
	if n, right := negative(); n != 1 || right != 0 {
		t.Errorf("corrected: %d samples, %v right", n, right)
	}
	for id := range int64(5) {
		log.feedback(id+2, "0")
	}
	if n, right := negative(); n != 3 || right != 6 {
		t.Errorf("more than the limit: %d samples, %v right", n, right)
	}
}
