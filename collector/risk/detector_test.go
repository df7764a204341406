package risk

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

var usual = Options{Tolerance: 0.05, FalseAlarmsPerMonth: 1, Watched: 14}

// feed folds outcomes with that error rate in ticks of 15, and returns after how many of them
// the alarm changed, 0 for never.
func feed(d *Detector, r *rand.Rand, labels int, limit, rate float64) int {
	for n := 15; n <= labels; n += 15 {
		o := Outcomes{Labels: 15}
		for range 15 {
			if r.Float64() < rate {
				o.Errors++
			}
		}
		if d.Tick(&Tick{Limit: limit, Pieces: []Outcomes{o}}) {
			return n
		}
	}
	return 0
}

func TestTheThresholdIsThatOfTheBudget(t *testing.T) {
	t.Parallel()
	// ln(2 * 14 * 172800), computed apart.
	if got := usual.Threshold(); math.Abs(got-15.392095) > 1e-6 {
		t.Errorf("threshold %v", got)
	}
	if got := drift.NewDetector([]int64{1, 1}, drift.DetectorOptions{FalseAlarmsPerMonth: 1, Distributions: 14}).Threshold(); got != usual.Threshold() {
		t.Errorf("a distribution has the threshold %v, a rate %v", got, usual.Threshold())
	}
}

func TestAQuietModelRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0.2, 0.25, 0.3} { // 0.3 is on the boundary
		d := NewDetector(usual)
		if n := feed(d, rand.New(rand.NewPCG(1, 2)), 150_000, 0.25, rate); n > 0 {
			t.Errorf("rate %v: alarm after %d outcomes", rate, n)
		}
		if !d.Known() || d.Detected() {
			t.Errorf("rate %v: known %v, detected %v", rate, d.Known(), d.Detected())
		}
	}
}

func TestARiseIsFoundAndItsEndToo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	d := NewDetector(usual)
	feed(d, r, 30_000, 0.25, 0.25)
	if n := feed(d, r, 10_000, 0.25, 0.40); n == 0 || n > 3000 {
		t.Fatalf(".25 to .40: found after %d outcomes", n)
	}
	if e := d.Evidence(); e < d.Threshold() || e > d.Threshold()+5 {
		t.Errorf("evidence %v", e)
	}
	if n := feed(d, r, 60_000, 0.25, 0.40); n > 0 {
		t.Errorf("the alarm ended after %d outcomes of the rise", n)
	}
	if n := feed(d, r, 20_000, 0.25, 0.25); n < 1000 || n > 8000 {
		t.Errorf("ended after %d quiet outcomes", n)
	}
	if e := d.Evidence(); e != 0 {
		t.Errorf("evidence %v after the alarm", e)
	}
}

func TestTicksWithoutOutcomesChangeNothing(t *testing.T) {
	t.Parallel()
	d := NewDetector(usual)
	feed(d, rand.New(rand.NewPCG(5, 6)), 3000, 0.25, 0.5)
	before := *d
	d.Tick(&Tick{Limit: 0.25})
	d.Tick(&Tick{Limit: 0.1, Pieces: []Outcomes{{}}})
	if *d != before {
		t.Error("changed")
	}
}

func TestImpossibleLimitsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	for _, limit := range []float64{0.95, 1} {
		d := NewDetector(usual)
		if n := feed(d, rand.New(rand.NewPCG(7, 8)), 3000, limit, 1); n > 0 || math.IsNaN(d.Evidence()) {
			t.Errorf("limit %v: alarm after %d, evidence %v", limit, n, d.Evidence())
		}
	}
}

// A bet on losses of 0 and 1 is a bet on errors, except where the stake is bounded.
func TestLossesOfZeroAndOneAreErrors(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	d, l := NewDetector(usual), NewLossDetector(usual)
	for range 300 {
		tick, o := LossTick{Limit: 0.25}, Outcomes{Labels: 15}
		for range 15 {
			x := 0.0
			if r.Float64() < 0.36 {
				x, o.Errors = 1, o.Errors+1
			}
			tick.Losses = append(tick.Losses, x)
		}
		d.Tick(&Tick{Limit: 0.25, Pieces: []Outcomes{o}})
		l.Tick(&tick)
	}
	if d.Evidence() < 3 || math.Abs(d.Evidence()-l.Evidence()) > 0.15*d.Evidence() {
		t.Errorf("evidence of errors %v, of losses %v", d.Evidence(), l.Evidence())
	}
}

func TestLossesRaiseAlarmsAsTheyShould(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	d := NewLossDetector(usual)
	feed := func(ticks int, mean float64) bool {
		for range ticks {
			tick := LossTick{Limit: 0.2}
			for range 15 {
				tick.Losses = append(tick.Losses, math.Pow(r.Float64(), 1/mean-1)) // its mean is mean
			}
			if d.Tick(&tick) {
				return true
			}
		}
		return false
	}
	if feed(5000, 0.2) || feed(5000, 0.25) {
		t.Error("alarm without a rise")
	}
	if !feed(1000, 0.4) || !d.Detected() {
		t.Error("a rise from .2 to .4 was not found in 15,000 losses")
	}
	if !feed(1000, 0.2) || d.Detected() {
		t.Error("the alarm did not end")
	}
}

func TestAReferenceFollowsWhichPredictionsGetOutcomes(t *testing.T) {
	t.Parallel()
	r := NewReference([]Stratum{{Rows: 8000, Labels: 8000, Errors: 800}, {Rows: 2000, Labels: 2000, Errors: 1200}, {Rows: 50}}, 0.99)
	all, limit, ok := r.Rate(nil)
	if !ok || all != 0.2 || limit <= 0.2 || limit > 0.21 {
		t.Errorf("all: %v, %v, %v", all, limit, ok)
	}
	if first, _, ok := r.Rate([]float64{1, 0, 1}); !ok || first != 0.1 {
		t.Errorf("the first kind only: %v, %v", first, ok)
	}
	if half, more, ok := r.Rate([]float64{0.5, 0.5, 0}); !ok || half != 0.2 || math.Abs(more-limit*0.18/0.1) > 1e-12 {
		t.Errorf("half of the outcomes, perhaps all wrong ones: %v, %v, %v, want 1.8 times %v", half, more, ok, limit)
	}
	if _, _, ok := r.Rate([]float64{0, 0, 1}); ok {
		t.Error("a kind without outcomes has a rate")
	}
	if NewReference([]Stratum{{Rows: 5}}, 0.99) != nil || r.Knows(2) || !r.Knows(0) || r.Knows(-1) || r.Knows(3) {
		t.Error("a reference without outcomes is known")
	}
}

func TestPartsOfAlphaAddUp(t *testing.T) {
	t.Parallel()
	sum := 0.0
	for j := int64(1); j <= 100_000; j++ {
		sum += Combine(0.05, j)
	}
	if sum > 0.05 || sum < 0.0499 {
		t.Errorf("sum %v", sum)
	}
}

func TestTrends(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{5, 4, 3, 2, 1}, 0.013744}, // S = 10, variance 50/3
		{[]float64{1, 2, 3, 4, 5}, 1},
		{[]float64{3, 3, 3, 3, 3}, 1},
		{[]float64{2, 1}, 1},
	} {
		if got := Declines(c.values); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestEqualModelsSeldomHaveEvidence(t *testing.T) {
	t.Parallel()
	const runs = 400
	reached, r := 0, rand.New(rand.NewPCG(13, 14))
	for range runs {
		var d Duel
		for range 300 {
			if r.IntN(2) == 0 {
				d.Wins++
			} else {
				d.Losses++
			}
			if d.LogEvidence() >= math.Log(20) {
				reached++
				break
			}
		}
	}
	if reached > runs/20 || reached == 0 {
		t.Errorf("%d of %d duels of equal models reach evidence of 20", reached, runs)
	}
}

// The integral over all bets has a closed form for differences of -1, 0 and 1, and 32 bets are near
// it.
func TestFewBetsAreNearAllOfThem(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	for _, chance := range []float64{.1, .4, .5, .55, .9} {
		graded, exact := NewContest(true), NewContest(false)
		for n := range 3000 {
			d := float64(r.IntN(2)) // a half is right for both
			if d != 0 && r.Float64() > chance {
				d = -1
			}
			graded.Add(d)
			exact.Add(d)
			a, b := graded.LogEvidence()
			c, e := exact.LogEvidence()
			if off := max(math.Abs(a-c), math.Abs(b-e)); n < 20 && off > 1e-9 || off > 1 {
				t.Fatalf("chance %v, after %d: %v and %v, by the closed form %v and %v", chance, n+1, a, b, c, e)
			}
		}
		if graded.Duel() != exact.Duel() || graded.Labels() != 3000 {
			t.Errorf("%+v, %+v", graded, exact)
		}
	}
}

func TestExcessWithoutAnyIsSeldomAboveZero(t *testing.T) {
	t.Parallel()
	const runs = 100
	above, r := 0, rand.New(rand.NewPCG(15, 16))
	for range runs {
		var x Excess
		for range 500 {
			o := Outcomes{Labels: 15}
			for range 15 {
				if r.Float64() < 0.25 {
					o.Errors++
				}
			}
			x.Add(o, 0.25, 0.25, 1)
			if x.AtLeast(0.05) > 0 {
				above++
				break
			}
		}
	}
	if above > 5 {
		t.Errorf("%d of %d runs", above, runs)
	}
}
