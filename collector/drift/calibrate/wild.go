package main

import (
	"math"
	"math/rand/v2"
)

// Weather is traffic that is not independent or not steady, and the alarms it
// raises.
type Weather struct {
	Name    string
	Months  int
	Earlier string // alarms a month of an earlier simulation with windows of 1005
	Windows [len(windows)]int
}

// PerMonth is the number of alarms a month through one window, over 13
// distributions.
func (w Weather) PerMonth(window int) float64 { return float64(w.Windows[window]) / float64(w.Months) }

// situation makes the traffic of one distribution; tick 0 is midnight.
type situation struct {
	name    string
	earlier string
	traffic func(r *rand.Rand) func(tick int, rows []uint8) []uint8
}

func situations() []situation {
	return []situation{
		{"constant shift of .1 sd", "", shifted(.1)},
		{"constant shift of .141 sd, half the tolerance", "0", shifted(.141)},
		{"daily cycle of .1 sd", "", cycle(.1)},
		{"daily cycle of .2 sd", "2.0", cycle(.2)},
		{"daily cycle of .5 sd", "", cycle(.5)},
		{"bursts of 20 a second, 10 minutes an hour", "", bursts},
		{"one row a minute", "", sparse},
		{"20,000 rows in one tick each night", "", nightly},
		{"batches of 20, icc .1", "0", batches(20, .1)},
		{"batches of 20, icc .3", "23", batches(20, .3)},
	}
}

// wild runs months of each situation in 13 distributions of deciles.
func wild(p pool, e effort) ([]Weather, error) {
	all := situations()
	type month = [len(windows)]int
	alarms := make([]month, len(all)*e.wild*distributions)
	err := p.run("wild traffic", len(alarms), func(i int, r *rand.Rand) error {
		known := withMissing(equal(10), 0)
		s := newStream(reference(r, known, knownRows), promised, r.Uint64(), windows[:]...)
		traffic := all[i/(e.wild*distributions)].traffic(r)
		for tick := range e.ticks {
			err := s.tick(func(rows []uint8) []uint8 { return traffic(tick, rows) })
			if err != nil {
				return err
			}
		}
		for j, w := range s.watches {
			alarms[i][j] = w.alarms
		}
		return nil
	})
	weather := make([]Weather, len(all))
	for i, a := range alarms {
		at := i / (e.wild * distributions)
		weather[at].Name, weather[at].Earlier, weather[at].Months = all[at].name, all[at].earlier, e.wild
		for w := range windows {
			weather[at].Windows[w] += a[w]
		}
	}
	return weather, err
}

func shifted(sd float64) func(*rand.Rand) func(int, []uint8) []uint8 {
	return func(r *rand.Rand) func(int, []uint8) []uint8 {
		traffic := steady(r, normal(sd, 1), rowsPerTick)
		return func(_ int, rows []uint8) []uint8 { return traffic(rows) }
	}
}

// cycle moves the mean up and down by that many standard deviations once a day.
func cycle(sd float64) func(*rand.Rand) func(int, []uint8) []uint8 {
	return func(r *rand.Rand) func(int, []uint8) []uint8 {
		return func(tick int, rows []uint8) []uint8 {
			mean := sd * math.Sin(2*math.Pi*float64(tick)/ticksPerDay)
			for range rowsPerTick {
				rows = append(rows, decile(mean+r.NormFloat64()))
			}
			return rows
		}
	}
}

func bursts(r *rand.Rand) func(int, []uint8) []uint8 {
	calm, burst := steady(r, equal(10), rowsPerTick), steady(r, equal(10), 20*rowsPerTick)
	return func(tick int, rows []uint8) []uint8 {
		if tick*tickSeconds%3600 < 600 {
			return burst(rows)
		}
		return calm(rows)
	}
}

func sparse(r *rand.Rand) func(int, []uint8) []uint8 {
	one := steady(r, equal(10), 1)
	return func(tick int, rows []uint8) []uint8 {
		if tick*tickSeconds%60 == 0 {
			return one(rows)
		}
		return rows
	}
}

func nightly(r *rand.Rand) func(int, []uint8) []uint8 {
	job := steady(r, equal(10), 20_000)
	return func(tick int, rows []uint8) []uint8 {
		if tick%ticksPerDay == 2*ticksPerDay/24 {
			return job(rows)
		}
		return rows
	}
}

// batches are rows of which each size in a row share a part of their value, that
// share of its variance.
func batches(size int, icc float64) func(*rand.Rand) func(int, []uint8) []uint8 {
	own, common := math.Sqrt(1-icc), math.Sqrt(icc)
	return func(r *rand.Rand) func(int, []uint8) []uint8 {
		row, shared := 0, 0.0
		return func(_ int, rows []uint8) []uint8 {
			for range rowsPerTick {
				if row%size == 0 {
					shared = common * r.NormFloat64()
				}
				row++
				rows = append(rows, decile(shared+own*r.NormFloat64()))
			}
			return rows
		}
	}
}
