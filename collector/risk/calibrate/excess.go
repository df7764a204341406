package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/risk"
)

// Recommendation is runs at one error rate: how often the lower bound of the excess was ever
// above some numbers of errors, and when.
type Recommendation struct {
	Rate, Limit                float64
	Batches                    float64 // intraclass correlation of batches of 15
	Runs                       int
	Above0, Above20, Above100  int
	Median100                  int // outcomes until 100 errors, 0: less than half of the runs
	Naive20, Naive100, Earlier int // 1.96 standard errors below the sum, floored at 0
}

func recommendations(e effort, seed uint64) []Recommendation {
	all := []Recommendation{
		{Rate: .25, Limit: .25}, {Rate: .25, Limit: .25, Batches: .1}, {Rate: .02, Limit: .02},
		{Rate: .30, Limit: .25, Earlier: 3900}, {Rate: .35, Limit: .25, Earlier: 1605}, {Rate: .40, Limit: .25, Earlier: 1050},
	}
	for i := range all {
		x := &all[i]
		x.Runs = e.Quiet
		labels := e.Labels
		if x.Rate > x.Limit {
			x.Runs, labels = min(e.Quiet, 200), min(labels, 20_000)
		}
		var found []int
		for run := range x.Runs {
			found = append(found, x.run(source(seed, "excess", 1_000_000*i+run), labels))
		}
		slices.Sort(found)
		if at := found[len(found)/2]; at < labels {
			x.Median100 = at
		}
	}
	return all
}

// run returns the number of outcomes until the lower bound is 100 errors.
func (x *Recommendation) run(r *rand.Rand, labels int) int {
	var excess risk.Excess
	d := risk.NewDetector(risk.Options{Tolerance: 1, FalseAlarmsPerMonth: 1, Watched: 1}) // for the design effect
	most, at100, floored, variance, naive := math.Inf(-1), labels, 0.0, 0.0, 0.0
	for n := perTick; n <= labels; n += perTick {
		o := risk.Outcomes{Labels: perTick, Errors: errorsOf(r, perTick, x.Rate, x.Batches)}
		effect := 1.0
		if x.Batches > 0 {
			effect = d.Effect()
		}
		excess.Add(o, x.Limit, x.Limit, effect)
		if x.Batches > 0 {
			d.Tick(&risk.Tick{Limit: x.Limit, Pieces: []risk.Outcomes{o}})
		}
		most = max(most, excess.AtLeast(alpha))
		if most >= 100 && at100 == labels {
			at100 = n
		}
		floored = max(0, floored+float64(o.Errors)-perTick*x.Limit)
		variance += perTick * x.Limit * (1 - x.Limit)
		if floored == 0 {
			variance = 0
		}
		naive = max(naive, floored-1.96*math.Sqrt(variance))
	}
	for _, c := range []struct {
		value, cost float64
		count       *int
	}{{most, 0, &x.Above0}, {most, 20, &x.Above20}, {most, 100, &x.Above100}, {naive, 20, &x.Naive20}, {naive, 100, &x.Naive100}} {
		if c.value > c.cost {
			*c.count++
		}
	}
	return at100
}

// Peeking is contests of two models, looked at after every prediction of which one does better.
type Peeking struct {
	Chance      float64 // of the first model to win a pair
	Losses      bool    // it wins often and little, and loses seldom and much
	Runs        int
	At20, At100 int
	Median20    int // pairs until evidence of 20, 0: less than half of the runs
}

func duels(e effort, seed uint64) []Peeking {
	all := []Peeking{{Chance: .5}, {Chance: .4}, {Chance: .6}, {Chance: .7}, {Chance: .5, Losses: true}, {Chance: .8, Losses: true}}
	for i := range all {
		p := &all[i]
		p.Runs = e.Duels
		if p.Chance != .5 {
			p.Runs = min(e.Duels, 500)
		}
		var found []int
		for run := range p.Runs {
			r, contest := source(seed, "duel", 1_000_000*i+run), risk.NewContest(p.Losses)
			most, at := 0.0, e.Pairs
			for n := range e.Pairs {
				contest.Add(p.difference(r))
				better, _ := contest.LogEvidence()
				most = max(most, better)
				if most >= math.Log(20) && at == e.Pairs {
					at = n + 1
				}
				if most >= math.Log(100) {
					break
				}
			}
			found = append(found, at)
			if most >= math.Log(20) {
				p.At20++
			}
			if most >= math.Log(100) {
				p.At100++
			}
		}
		slices.Sort(found)
		if at := found[len(found)/2]; at < e.Pairs {
			p.Median20 = at
		}
	}
	return all
}

// Name says how much better the first model is.
func (p *Peeking) Name() string {
	if p.Losses {
		return fmt.Sprintf("has losses that are smaller by %.2f on average", .2*p.Chance-.1)
	}
	return fmt.Sprintf("alone is right in %.1f", p.Chance)
}

// difference is by how much the first model does better with one prediction. By losses, it wins
// often and little or loses seldom and much: with a chance of 1/2 the mean is 0.
func (p *Peeking) difference(r *rand.Rand) float64 {
	if !p.Losses {
		return map[bool]float64{true: 1, false: -1}[r.Float64() < p.Chance]
	}
	u := r.Float64()
	if r.Float64() < .8 {
		return u * p.Chance / 2 // on average 1/8 at a chance of 1/2
	}
	return -u
}

// Coverage is how often a confidence sequence ever misses the mean of differences of two
// models.
type Coverage struct {
	Mean, Discordant float64
	Runs, Missed     int
	Width            float64 // mean at the end
}

func means(e effort, seed uint64) []Coverage {
	all := []Coverage{{Mean: 0, Discordant: .1}, {Mean: 0, Discordant: .4}, {Mean: .02, Discordant: .1}, {Mean: .1, Discordant: .3}}
	for i := range all {
		c := &all[i]
		c.Runs = e.Duels / 5
		for run := range c.Runs {
			r, d := source(seed, "mean", 1_000_000*i+run), risk.NewDifference(alpha)
			missed := false
			for range 5 * e.Pairs {
				x := 0.0
				if u := r.Float64(); u < (c.Discordant+c.Mean)/2 {
					x = 1
				} else if u < c.Discordant {
					x = -1
				}
				d.Add(x)
				_, lower, upper, _ := d.Interval()
				missed = missed || lower > c.Mean || upper < c.Mean
			}
			_, lower, upper, _ := d.Interval()
			c.Width += (upper - lower) / float64(c.Runs)
			if missed {
				c.Missed++
			}
		}
	}
	return all
}
