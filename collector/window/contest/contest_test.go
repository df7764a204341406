package contest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
)

// age is the end of a bucket, of which each is ten long.
func age(bucket uint8) cohort.Age {
	return cohort.Age{Bucket: bucket, Nanoseconds: 10 * int64(bucket)}
}

func TestAPredictionCountsWithTheOutcomeThatItHadWhenItWasMature(t *testing.T) {
	t.Parallel()
	c := New("2", 0)
	for of := range int64(5) {
		c.Add(Pair{Of: of, Time: 100 * of})
	}
	c.Outcome(0, Outcome{1, 1, 1})
	c.Outcome(0, Outcome{2, 5, -1}) // too late at an age of 30
	c.Outcome(1, Outcome{3, 4, 1})  // likewise
	c.Outcome(2, Outcome{4, 2, 1})
	c.Outcome(2, Outcome{5, 3, -1}) // just in time
	c.Outcome(3, Outcome{6, 1, 0})
	for _, test := range []struct {
		now                  int64
		age                  uint8
		labels, wins, losses int64
	}{
		{29, 3, 0, 0, 0}, {30, 3, 1, 1, 0}, {230, 3, 2, 1, 1}, {999, 3, 3, 1, 1}, {999, 9, 4, 1, 2}, {999, 1, 2, 1, 0}, {29, 3, 0, 0, 0},
	} {
		s := c.At(test.now, age(test.age))
		if s.Version != "2" || s.Labels != test.labels || s.Wins != test.wins || s.Losses != test.losses {
			t.Errorf("%+v: %+v", test, s)
		}
	}
}

func TestAnOutcomeOfAComparedPredictionChangesWhatIsSaid(t *testing.T) {
	t.Parallel()
	c := New("2", 0)
	c.Add(Pair{Of: 7, Time: 0})
	c.Add(Pair{Of: 7, Time: 50}) // the first one counts
	if s := c.At(100, age(3)); s.Labels != 0 || s.Better != 0 || s.Worse != 0 {
		t.Errorf("without an outcome: %+v", s)
	}
	c.Outcome(7, Outcome{1, 3, 1})
	c.Outcome(7, Outcome{1, 3, 1}) // read again
	if s := c.At(100, age(3)); s.Labels != 1 || s.Wins != 1 || s.Difference != 1 {
		t.Errorf("%+v", s)
	}
	c.Outcome(7, Outcome{2, 3, -1})
	if s := c.At(100, age(3)); s.Labels != 1 || s.Losses != 1 || s.Difference != -1 {
		t.Errorf("corrected: %+v", s)
	}
}

func TestErrorsAreShownInTheirUnit(t *testing.T) {
	t.Parallel()
	c := New("2", 40)
	for of := range int64(200) {
		c.Add(Pair{Of: of})
		c.Outcome(of, Outcome{of, 0, .25})
	}
	s := c.At(0, age(0))
	if s.Difference != -10 || !(s.Lower < -10 && -10 < s.Upper && s.Upper < 0) || s.Better < math.Log(100) || s.Worse > 0 {
		t.Errorf("the errors are smaller by 10: %+v", s)
	}
}

// TestWhatIsForgottenLeavesNoTrace compares a contest that has forgotten with one that has never
// had it.
func TestWhatIsForgottenLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n, first, anchor, after := int64(30), r.Int64N(35), r.Int64N(60), r.Int64N(30)
		kept, fresh := New("2", 0), New("2", 0)
		var pairs []Pair
		for of := range n {
			pairs = append(pairs, Pair{Of: of, Time: of})
		}
		r.Shuffle(3, func(i, j int) { pairs[i+10], pairs[j+10] = pairs[j+10], pairs[i+10] })
		for _, p := range pairs {
			kept.Add(p)
			if p.Of >= first {
				fresh.Add(p)
			}
		}
		for seq := range int64(60) {
			of, o := r.Int64N(n), Outcome{seq, uint8(r.IntN(4)), float64(r.IntN(3) - 1)}
			kept.Outcome(of, o)
			if _, ok := fresh.Find(of); ok && seq >= anchor {
				fresh.Outcome(of, o)
			}
		}
		kept.At(40, age(1))
		for _, c := range []*Contest{kept, fresh} {
			c.Forget(first, anchor, after)
		}
		if kept.Empty() != fresh.Empty() || kept.Empty() != (first >= n) {
			t.Fatalf("empty: %v, %v", kept.Empty(), fresh.Empty())
		}
		for now := range int64(60) {
			if a, b := kept.At(now, age(2)), fresh.At(now, age(2)); a != b {
				t.Fatalf("at %d: %+v, fresh %+v", now, a, b)
			}
		}
	}
}
