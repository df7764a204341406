package main

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/mathext"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// rules are the values on which an alarm may be based, in the order of Calm.Rules.
const (
	byDetector = iota
	byPValue
	byDivergence
	byPSI
	rules
)

// Calm contains the alarms of rules on quiet traffic, for one window.
type Calm struct {
	Window int64
	Rules  [rules]Noise
}

// Noise contains the alarms of one rule on quiet traffic.
type Noise struct {
	Episodes int     // times that it began to fire
	Months   int     // of all distributions together
	Any      float64 // share of time in which it fired for any distribution
}

// PerMonth returns the number of episodes a month.
func (n Noise) PerMonth() float64 { return float64(n.Episodes) / float64(n.Months) }

// Bound returns the 95 % upper confidence bound of PerMonth for independent episodes.
func (n Noise) Bound() float64 {
	return mathext.GammaIncRegInv(float64(n.Episodes)+1, 0.95) / float64(n.Months)
}

// quiet runs months of the portfolio without drift.
func quiet(p pool, e effort) ([]Calm, error) {
	all := portfolio()
	type month struct {
		mu       sync.Mutex
		firing   [len(windows)][rules]instants
		episodes [len(windows)][rules]int
	}
	months := make([]month, e.months)
	err := p.run("quiet traffic", e.months*len(all), func(i int, r *rand.Rand) error {
		m := &months[i/len(all)]
		said, err := observe(r, all[i%len(all)], e.ticks)
		m.mu.Lock()
		defer m.mu.Unlock()
		for w := range windows {
			for rule := range rules {
				m.episodes[w][rule] += said[w][rule].episodes
				m.firing[w][rule].or(said[w][rule].firing)
			}
		}
		return err
	})
	calm := make([]Calm, len(windows))
	for w, size := range windows {
		calm[w].Window = size
		for rule := range rules {
			n := Noise{Months: e.months}
			for i := range months {
				n.Episodes += months[i].episodes[w][rule]
				n.Any += float64(months[i].firing[w][rule].count()) / float64(e.ticks*e.months)
			}
			calm[w].Rules[rule] = n
		}
	}
	return calm, err
}

// firings records when one rule fired.
type firings struct {
	episodes int
	on       bool
	firing   instants
}

func (f *firings) at(tick int, on bool) {
	if on && !f.on {
		f.episodes++
	}
	if f.on = on; on {
		f.firing.set(tick)
	}
}

// observe runs quiet traffic of one distribution. The detector starts with the first row, the
// other rules when their window is full.
func observe(r *rand.Rand, s shares, ticks int) (said [len(windows)][rules]firings, err error) {
	for w := range said {
		for rule := range said[w] {
			said[w][rule].firing = newInstants(ticks)
		}
	}
	traffic := steady(r, s, rowsPerTick)
	stream := newStream(reference(r, s, knownRows), promised, r.Uint64(), windows[:]...)
	for tick := range ticks {
		if err := stream.tick(traffic); err != nil {
			return said, err
		}
		for i, w := range stream.watches {
			said[i][byDetector].at(tick, w.detector.Detected())
			if !w.full() {
				continue
			}
			null, err := w.null(int64(len(w.ring)))
			if err != nil {
				return said, err
			}
			kl := drift.KL(w.reference, w.counts)
			said[i][byPValue].at(tick, null.PValue(kl) < 0.05)
			said[i][byDivergence].at(tick, kl > 0.1)
			said[i][byPSI].at(tick, psi(w.reference, w.counts) > 0.2)
		}
	}
	return said, nil
}

// steady is traffic with perTick rows a tick.
func steady(r *rand.Rand, s shares, perTick int) func([]uint8) []uint8 {
	t := newRows(s)
	return func(rows []uint8) []uint8 {
		for range perTick {
			rows = append(rows, t.row(r))
		}
		return rows
	}
}

// psi returns the population stability index in its usual form: shares of 0 count as 0.0001.
func psi(reference, window []int64) float64 {
	var known, n float64
	for b := range window {
		known += float64(reference[b])
		n += float64(window[b])
	}
	sum := 0.0
	for b := range window {
		if reference[b] == 0 && window[b] == 0 {
			continue
		}
		p, q := max(float64(reference[b])/known, 1e-4), max(float64(window[b])/n, 1e-4)
		sum += (q - p) * math.Log(q/p)
	}
	return sum
}

// instants is a set of ticks.
type instants []uint64

func newInstants(ticks int) instants { return make(instants, (ticks+63)/64) }

func (s instants) set(tick int) { s[tick/64] |= 1 << (tick % 64) }

// or adds the instants of t to s, which may be empty.
func (s *instants) or(t instants) {
	if len(*s) == 0 {
		*s = make(instants, len(t))
	}
	for i, w := range t {
		(*s)[i] |= w
	}
}

func (s instants) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Provocation is a detector that must be able to raise an alarm on quiet traffic.
type Provocation struct {
	Budget float64 // false alarms a month
	Noise
}

// provoked runs quiet traffic through detectors that know the true shares and have no tolerance,
// with the normal budget and with much larger ones. A detector that is silent because it is
// broken, and not because it is careful, is also silent here.
func provoked(p pool, e effort) ([]Provocation, error) {
	all := portfolio()
	budgets := []float64{1, 100, 10_000}
	alarms := make([][]int, e.provocations*len(all))
	err := p.run("provoked detectors", len(alarms), func(i int, r *rand.Rand) error {
		s := all[i%len(all)]
		known := reference(r, s, exactly)
		traffic := steady(r, s, rowsPerTick)
		stream := newStream(known, promised, r.Uint64())
		for _, budget := range budgets {
			o := drift.DetectorOptions{FalseAlarmsPerMonth: budget, Distributions: distributions}
			stream.watches = append(stream.watches, newWatch(known, 1000, o, r.Uint64()))
		}
		for range e.ticks {
			if err := stream.tick(traffic); err != nil {
				return err
			}
		}
		for _, w := range stream.watches {
			alarms[i] = append(alarms[i], w.alarms)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	said := make([]Provocation, len(budgets))
	for b, budget := range budgets {
		said[b] = Provocation{budget, Noise{Months: e.provocations}}
		for _, a := range alarms {
			said[b].Episodes += a[b]
		}
	}
	return said, nil
}
