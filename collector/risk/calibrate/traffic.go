package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/drift-exporter/drift_exporter/collector/risk"
)

const (
	alpha    = 0.05
	watched  = 14   // 13 distributions and the error rate
	known    = 5000 // outcomes of a reference
	perTick  = 15
	coverage = 0.8
)

// source returns random numbers that depend on the seed, what and the number of the run.
func source(seed uint64, what string, i int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()+uint64(i)))
}

// errorsOf draws the errors of a batch whose rows have that intraclass correlation.
func errorsOf(r *rand.Rand, n int64, rate, icc float64) int64 {
	if icc > 0 {
		rate = distuv.Beta{Alpha: rate * (1 - icc) / icc, Beta: (1 - rate) * (1 - icc) / icc, Src: r}.Rand()
	}
	return binomial(r, n, rate)
}

func binomial(r *rand.Rand, n int64, p float64) (k int64) {
	if n > 1000 {
		return min(n, max(0, int64(math.Round(float64(n)*p+math.Sqrt(float64(n)*p*(1-p))*r.NormFloat64()))))
	}
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}

// limitOf draws a reference of that many outcomes and returns the upper limit of its rate.
func limitOf(r *rand.Rand, rate float64) float64 {
	return risk.UpperLimit(float64(binomial(r, known, rate)), known, 0.99)
}

// Traffic is one kind of traffic without harm, and what was said of it.
type Traffic struct {
	Name        string
	Rate, Tau   float64
	Boundary    bool // the rate is at reference and tolerance, exactly
	Biased      bool // shown for comparison: no promise covers it
	Alarms      int
	Most        float64 // evidence, nats
	Threshold   float64
	Recommended int     // months with a lower bound of the excess of 100 errors
	Silent      float64 // share of ticks
	tick        func(r *rand.Rand, tick int) []batch
}

// batch is predictions of one tick that are labelled, or not.
type batch struct {
	risk.Outcomes
	rows int64
}

func steadily(n int64, rate, icc float64) func(*rand.Rand, int) []batch {
	return func(r *rand.Rand, _ int) []batch {
		return []batch{{risk.Outcomes{Labels: n, Errors: errorsOf(r, n, rate, icc)}, n}}
	}
}

// rarely is one batch in so many ticks.
func rarely(every int, n int64, rate, icc float64) func(*rand.Rand, int) []batch {
	return func(r *rand.Rand, tick int) (all []batch) {
		if tick%every != 0 {
			return nil
		}
		for left := n; left > 0; left -= 1000 {
			all = append(all, batch{risk.Outcomes{Labels: min(left, 1000), Errors: errorsOf(r, min(left, 1000), rate, icc)}, min(left, 1000)})
		}
		return all
	}
}

// delayed is loans of which a quarter default. Defaults are known after 5 days on average, the
// others after 30, and a prediction counts at an age of so many days, as far as it has an
// outcome by then. All are predicted to be repaid, so a default is an error.
func delayed(age float64) func(*rand.Rand, int) []batch {
	defaults, repaid := 1-math.Exp(-age/5), 1-math.Exp(-age/30)
	return func(r *rand.Rand, _ int) []batch {
		bad := binomial(r, perTick, 0.25)
		wrong, right := binomial(r, bad, defaults), binomial(r, perTick-bad, repaid)
		return []batch{{risk.Outcomes{Labels: wrong + right, Errors: wrong}, perTick}}
	}
}

// arriving is the same loans in the order in which their outcomes arrive, from the first day
// on.
func arriving(r *rand.Rand, tick int) []batch {
	day := float64(tick) / 5760
	wrong := binomial(r, perTick, 0.25*(1-math.Exp(-day/5)))
	right := binomial(r, perTick, 0.75*(1-math.Exp(-day/30)))
	return []batch{{risk.Outcomes{Labels: wrong + right, Errors: wrong}, wrong + right}}
}

// months runs months of each kind of traffic.
func months(e effort, seed uint64) []Traffic {
	all := []Traffic{
		{Name: "independent", Rate: 0.25, Tau: 0.05, tick: steadily(perTick, 0.25, 0)},
		{Name: "independent, rare errors", Rate: 0.02, Tau: 0.02, tick: steadily(perTick, 0.02, 0)},
		{Name: "independent, no tolerance", Rate: 0.25, Tau: 0, tick: steadily(perTick, 0.25, 0)},
		{Name: "one outcome a minute", Rate: 0.25, Tau: 0.05, tick: rarely(4, 1, 0.25, 0)},
		{Name: "20,000 outcomes in one tick each night", Rate: 0.25, Tau: 0.05, tick: rarely(5760, 20_000, 0.25, 0)},
		{Name: "batches of 15, icc .1", Rate: 0.25, Tau: 0.05, tick: steadily(perTick, 0.25, 0.1)},
		{Name: "batches of 15, icc .3", Rate: 0.25, Tau: 0.05, tick: steadily(perTick, 0.25, 0.3)},
		{Name: "batches of 100, icc .1", Rate: 0.25, Tau: 0.05, tick: rarely(7, 100, 0.25, 0.1)},
		{Name: "on the boundary", Rate: 0.25, Tau: 0.05, Boundary: true, tick: steadily(perTick, 0.30, 0)},
		{Name: "on the boundary, batches of 15, icc .1", Rate: 0.25, Tau: 0.05, Boundary: true, tick: steadily(perTick, 0.30, 0.1)},
		{Name: "on the boundary, batches of 100, icc .1", Rate: 0.25, Tau: 0.05, Boundary: true, tick: rarely(7, 100, 0.30, 0.1)},
		{Name: "late outcomes, mature at 90 days (95 % known)", Rate: 0.25, Tau: 0.05, tick: delayed(90)},
		{Name: "late outcomes, mature at 40 days (80 % known)", Rate: 0.25, Tau: 0.05, tick: delayed(40)},
		{Name: "late outcomes, mature at 20 days (61 % known)", Rate: 0.25, Tau: 0.05, tick: delayed(20)},
		{Name: "late outcomes, as they arrive", Rate: 0.25, Tau: 0.05, Biased: true, tick: arriving},
	}
	for i := range all {
		for month := range e.Months {
			all[i].month(e, source(seed, all[i].Name, month))
		}
		all[i].Silent /= float64(e.Months * e.Ticks)
	}
	return all
}

func (t *Traffic) month(e effort, r *rand.Rand) {
	limit := limitOf(r, t.Rate)
	if t.Boundary {
		limit = t.Rate
	}
	d := risk.NewDetector(risk.Options{Tolerance: t.Tau, FalseAlarmsPerMonth: 1, Watched: watched})
	x, recommended := risk.Excess{}, false
	t.Threshold = d.Threshold()
	rows, labels := 0.0, 0.0 // with a memory of 1,000 rows
	for tick := range e.Ticks {
		var folded risk.Tick
		for _, b := range t.tick(r, tick) {
			if b.Labels > 0 {
				folded.Pieces = append(folded.Pieces, b.Outcomes)
			}
			kept := math.Exp(-float64(b.rows) / 1000)
			rows, labels = rows*kept+float64(b.rows), labels*kept+float64(b.Labels)
		}
		if labels == 0 || labels < coverage*rows {
			t.Silent++
			continue
		}
		// The outcomes that are missing may all be right ones.
		folded.Limit = min(1, limit*rows/labels)
		for _, p := range folded.Pieces {
			x.Add(p, t.Rate, folded.Limit, d.Effect())
		}
		if d.Tick(&folded) && d.Detected() {
			t.Alarms++
		}
		t.Most = max(t.Most, d.Evidence())
		recommended = recommended || x.AtLeast(alpha) >= 100
	}
	if recommended {
		t.Recommended++
	}
}

// Slices is quiet months of the bins of 13 features, each a tenth of the predictions.
type Slices struct {
	Number, Months, Alarms int
	Most, Threshold        float64
}

// slicesOf runs months of slices. Each has its own reference of 500 outcomes, and a limit that
// holds for all of them together.
func slicesOf(e effort, seed uint64) Slices {
	s := Slices{Number: 130, Months: (e.Months + 2) / 3}
	for i := range s.Number * s.Months {
		r := source(seed, "slice", i)
		const outcomes = 500
		limit := risk.UpperLimit(float64(binomial(r, outcomes, 0.25)), outcomes, 1-0.01/float64(s.Number))
		d := risk.NewDetector(risk.Options{Tolerance: 0.05, FalseAlarmsPerMonth: 1, Watched: s.Number})
		s.Threshold = d.Threshold()
		for range e.Ticks {
			n := binomial(r, perTick, 0.1)
			if d.Tick(&risk.Tick{Limit: limit, Pieces: []risk.Outcomes{{Labels: n, Errors: binomial(r, n, 0.25)}}}) && d.Detected() {
				s.Alarms++
			}
			s.Most = max(s.Most, d.Evidence())
		}
	}
	return s
}

// Change is a rise of the error rate, and how many outcomes it took to find it.
type Change struct {
	Name             string
	Rate, Tau, After float64
	Earlier          int // the median of an earlier simulation, 0: none
	Median, P90      int
	Missed           int
}

const longest = 60_000 // outcomes after a change

func changes(e effort, seed uint64) []Change {
	all := []Change{
		{Rate: .25, Tau: .05, After: .33, Earlier: 10_118},
		{Rate: .25, Tau: .05, After: .35, Earlier: 3578},
		{Rate: .25, Tau: .05, After: .40, Earlier: 975},
		{Rate: .25, Tau: .05, After: .50, Earlier: 345},
		{Rate: .25, Tau: .05, After: .75, Earlier: 150},
		{Rate: .02, Tau: .02, After: .07, Earlier: 2168},
		{Rate: .02, Tau: .02, After: .12, Earlier: 465},
		{Rate: .02, Tau: .02, After: .22, Earlier: 180},
		{Rate: .25, Tau: .02, After: .30, Earlier: 8730},
		{Rate: .25, Tau: .02, After: .35, Earlier: 1238},
		{Rate: .25, Tau: 0, After: .30, Earlier: 2865},
		{Rate: .25, Tau: 0, After: .35, Earlier: 810},
	}
	for i := range all {
		c := &all[i]
		c.Name = fmt.Sprintf("%.2f to %.2f, tolerance %.2f", c.Rate, c.After, c.Tau)
		var found []int
		for run := range e.Changes {
			n := c.run(source(seed, c.Name, run))
			if n == longest {
				c.Missed++
			}
			found = append(found, n)
		}
		slices.Sort(found)
		c.Median, c.P90 = found[len(found)/2], found[len(found)*9/10]
	}
	return all
}

// run returns the number of outcomes until the change is found. The limit is the true rate, as
// in the earlier simulation.
func (c *Change) run(r *rand.Rand) int {
	d := risk.NewDetector(risk.Options{Tolerance: c.Tau, FalseAlarmsPerMonth: 1, Watched: watched})
	for range 3000 {
		d.Tick(&risk.Tick{Limit: c.Rate, Pieces: []risk.Outcomes{{Labels: perTick, Errors: binomial(r, perTick, c.Rate)}}})
	}
	for n := perTick; n < longest; n += perTick {
		d.Tick(&risk.Tick{Limit: c.Rate, Pieces: []risk.Outcomes{{Labels: perTick, Errors: binomial(r, perTick, c.After)}}})
		if d.Detected() {
			return n
		}
	}
	return longest
}

// SilentPercent is the share of ticks in which the detector was silent, in percent.
func (t *Traffic) SilentPercent() float64 { return 100 * t.Silent }
