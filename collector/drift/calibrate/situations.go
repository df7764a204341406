package main

import (
	"math"
	"math/rand/v2"
)

// situation makes the traffic of one distribution. Tick 0 is midnight before a Monday.
type situation struct {
	name    string
	earlier string // alarms a month of an earlier simulation
	// before are the alarms a month for each window from a detector without a design effect, on
	// seven days of the same traffic.
	before string
	// beyond says that the promise does not apply: the drift is beyond the tolerance, or
	// dependence raises alarms before it is known.
	beyond  bool
	traffic func(r *rand.Rand) source
}

// source appends the rows of a tick.
type source func(tick int, rows []uint8) []uint8

func situations() []situation {
	return []situation{
		{name: "constant shift of .1 sd", before: "0, 0, 0", traffic: normals(means{shift: .1}, nil)},
		{name: "constant shift of .141 sd, half the tolerance", earlier: "0", before: "0, 0, 0", traffic: normals(means{shift: .141}, nil)},
		{name: "daily cycle of .1 sd", before: "0, 0, 0", traffic: normals(means{daily: .1}, nil)},
		{name: "daily cycle of .2 sd", earlier: "2.0", before: "0, 0, 0", traffic: normals(means{daily: .2}, nil)},
		{name: "daily cycle of .5 sd", before: "780, 780, 780", beyond: true, traffic: normals(means{daily: .5}, nil)},
		{name: "weekend of .1 sd", before: "0, 0, 0", traffic: normals(means{weekend: .1}, nil)},
		{name: "bursts of 20 a second, 10 minutes an hour", before: "0, 0, 0", traffic: bursts},
		{name: "one row a minute", before: "0, 0, 0", traffic: sparse},
		{name: "20,000 rows in one tick each night", before: "0, 0, 0", traffic: nightly},
		{name: "batches of 20, icc .1", earlier: "0", before: "0, 0, 0", traffic: normals(means{}, batches(20, .1))},
		{name: "batches of 20, icc .3", earlier: "23", before: "621, 17, 0", traffic: normals(means{}, batches(20, .3))},
		{name: "batches of 100, icc .1", before: "2044, 283, 111", traffic: normals(means{}, batches(100, .1))},
		{name: "batches of 100, icc .3", before: "6557, 5756, 5057", beyond: true, traffic: normals(means{}, batches(100, .3))},
		{name: "batches of 20 equal rows", before: "always on", traffic: normals(means{}, batches(20, 1))},
		{
			name: "batches of 20, icc .1; daily cycle and weekend of .1 sd", earlier: "26", before: "0, 64, 4",
			traffic: normals(means{daily: .1, weekend: .1}, batches(20, .1)),
		},
		{name: "autoregressive, .5", before: "0, 0, 0", traffic: normals(means{}, autoregressive(.5))},
		{name: "autoregressive, .9", before: "7080, 3823, 2379", traffic: normals(means{}, autoregressive(.9))},
	}
}

// means are the changes of the mean of a normal variable, in standard deviations.
type means struct {
	shift   float64 // always
	daily   float64 // up and down once a day
	weekend float64 // on two days of seven
	later   float64 // from a tick on, if that is not 0
	from    int
}

func (m means) at(tick int) float64 {
	mean := m.shift + m.daily*math.Sin(2*math.Pi*float64(tick)/ticksPerDay)
	if tick/ticksPerDay%7 >= 5 {
		mean += m.weekend
	}
	if m.from > 0 && tick >= m.from {
		mean += m.later
	}
	return mean
}

// noise makes standard normal variables, one after the other, that may depend on each other.
type noise func(r *rand.Rand) func() float64

// normals makes one row a second of a normal variable, in its deciles.
func normals(m means, n noise) func(*rand.Rand) source {
	return func(r *rand.Rand) source {
		next := r.NormFloat64
		if n != nil {
			next = n(r)
		}
		return func(tick int, rows []uint8) []uint8 {
			mean := m.at(tick)
			for range rowsPerTick {
				rows = append(rows, decile(mean+next()))
			}
			return rows
		}
	}
}

// batches makes rows in groups of "size" consecutive rows that share a part of their value. icc
// is the share of the variance of that part.
func batches(size int, icc float64) noise {
	own, common := math.Sqrt(1-icc), math.Sqrt(icc)
	return func(r *rand.Rand) func() float64 {
		row, shared := 0, 0.0
		return func() float64 {
			if row%size == 0 {
				shared = common * r.NormFloat64()
			}
			row++
			return shared + own*r.NormFloat64()
		}
	}
}

// autoregressive makes rows that have this correlation with the row before.
func autoregressive(correlation float64) noise {
	fresh := math.Sqrt(1 - correlation*correlation)
	return func(r *rand.Rand) func() float64 {
		last := r.NormFloat64()
		return func() float64 {
			last = correlation*last + fresh*r.NormFloat64()
			return last
		}
	}
}

func bursts(r *rand.Rand) source {
	calm, burst := steady(r, equal(10), rowsPerTick), steady(r, equal(10), 20*rowsPerTick)
	return func(tick int, rows []uint8) []uint8 {
		if tick*tickSeconds%3600 < 600 {
			return burst(rows)
		}
		return calm(rows)
	}
}

func sparse(r *rand.Rand) source {
	one := steady(r, equal(10), 1)
	return func(tick int, rows []uint8) []uint8 {
		if tick*tickSeconds%60 == 0 {
			return one(rows)
		}
		return rows
	}
}

func nightly(r *rand.Rand) source {
	job := steady(r, equal(10), 20_000)
	return func(tick int, rows []uint8) []uint8 {
		if tick%ticksPerDay == 2*ticksPerDay/24 {
			return job(rows)
		}
		return rows
	}
}
