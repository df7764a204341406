package window

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestASnapshotWithoutNewRowsShowsTheSameDistributions(t *testing.T) {
	t.Parallel()
	log, ref := newLog(t), normal(t)
	log.predict(traffic(rand.New(rand.NewPCG(8, 8)), start, 300)...)
	o := defaults()
	o.Duration, o.FalseAlarmsPerMonth, o.Tolerance = 10*time.Minute, 1, .02
	w := log.open(ref, o)
	for _, step := range []struct {
		what  string
		after time.Duration
		same  bool
	}{
		{"at first", 299 * time.Second, false},
		{"at once", 299 * time.Second, true},
		{"within the tick", 299*time.Second + time.Millisecond, true},
		{"after the tick", 300 * time.Second, false},
		{"while no row grows too old", 599 * time.Second, true},
		{"when one has", 601 * time.Second, false},
	} {
		last := w.state.last()
		s := see(t, w, start.Add(step.after))
		if same := last != nil && s.Models[0].Distributions == last.distributions; same != step.same {
			t.Errorf("%s the same: %v", step.what, same)
		}
	}
}

// last returns the distributions last shown of the only series, nil before there are any.
func (s *state) last() *shown {
	for _, r := range s.series {
		return r.shown.Load()
	}
	return nil
}
