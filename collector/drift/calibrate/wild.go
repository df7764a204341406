package main

import (
	"math/rand/v2"
	"slices"
)

// Weather is traffic that is not independent or not steady, and the alarms that it raises.
type Weather struct {
	Name    string
	Months  int
	Earlier string // alarms a month of an earlier simulation with windows of 1005
	Before  string // alarms a month through each window without a design effect
	Kept    bool   // the promise is made for it
	Windows [len(windows)]int
	On      [len(windows)]float64 // share of time with an alarm, mean of the distributions
	Effect  float64               // median of feature_design_effect at the end
}

// PerMonth returns the number of alarms a month for one window, over 13 distributions.
func (w Weather) PerMonth(window int) float64 { return float64(w.Windows[window]) / float64(w.Months) }

// mostMonths is the number of months of a situation that have their own random numbers. The first
// months are the same, however many there are.
const mostMonths = 3

// wild runs months of each situation in 13 distributions of deciles.
func wild(p pool, e effort) ([]Weather, error) {
	type month struct {
		alarms, on [len(windows)]int
		effect     float64
	}
	const each = mostMonths * distributions
	all := situations()
	months := make([]month, len(all)*each)
	err := p.run("wild traffic", len(months), func(i int, r *rand.Rand) error {
		if i%each >= e.wild*distributions {
			return nil
		}
		known := withMissing(equal(10), 0)
		s := newStream(reference(r, known, knownRows), promised, r.Uint64(), windows[:]...)
		traffic := all[i/each].traffic(r)
		for tick := range e.ticks {
			err := s.tick(func(rows []uint8) []uint8 { return traffic(tick, rows) })
			if err != nil {
				return err
			}
			for j, w := range s.watches {
				if w.detector.Detected() {
					months[i].on[j]++
				}
			}
		}
		for j, w := range s.watches {
			months[i].alarms[j] = w.alarms
		}
		months[i].effect, _ = s.watches[0].detector.DesignEffect()
		return nil
	})
	weather := make([]Weather, len(all))
	for i, s := range all {
		w := Weather{Name: s.name, Earlier: s.earlier, Before: s.before, Kept: !s.beyond, Months: e.wild}
		var effects []float64
		for _, m := range months[i*each : i*each+e.wild*distributions] {
			for j := range windows {
				w.Windows[j] += m.alarms[j]
				w.On[j] += float64(m.on[j]) / float64(e.ticks*e.wild*distributions)
			}
			effects = append(effects, m.effect)
		}
		slices.Sort(effects)
		w.Effect = effects[len(effects)/2]
		weather[i] = w
	}
	return weather, err
}
