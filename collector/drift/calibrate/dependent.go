package main

import (
	"fmt"
	"math/rand/v2"
)

// Slowed is how long it takes to find a change in traffic that is not independent.
type Slowed struct {
	Name    string
	Windows [len(windows)]Delay
}

// Early returns the number of runs with an alarm before the change, over all windows.
func (s Slowed) Early() int {
	early := 0
	for _, d := range s.Windows {
		early += d.Early
	}
	return early
}

// dependence is a kind of dependence in which changes are hidden.
type dependence struct {
	name  string
	noise noise
}

func dependences() []dependence {
	return []dependence{
		{"independent", nil},
		{"batches of 20, icc .1", batches(20, .1)},
		{"batches of 20, icc .3", batches(20, .3)},
		{"batches of 100, icc .1", batches(100, .1)},
		{"batches of 20 equal rows", batches(20, 1)},
		{"autoregressive, .9", autoregressive(.9)},
	}
}

// dependent measures the delays of shifts of the mean in dependent traffic.
func dependent(p pool, e effort) ([]Slowed, error) {
	shifts := []float64{.3, .5, 1}
	kinds := dependences()
	detections := make([][len(windows)]detection, len(kinds)*len(shifts)*e.dependent)
	err := p.run("drift in dependent traffic", len(detections), func(i int, r *rand.Rand) (err error) {
		at := i / e.dependent
		detections[i], err = shift(r, kinds[at/len(shifts)], shifts[at%len(shifts)])
		return err
	})
	var found []Slowed
	for i, k := range kinds {
		for j, sd := range shifts {
			s := Slowed{Name: fmt.Sprintf("%s: shift of %v sd", k.name, sd)}
			from := (i*len(shifts) + j) * e.dependent
			for w := range windows {
				var runs []detection
				for _, o := range detections[from : from+e.dependent] {
					runs = append(runs, o[w])
				}
				s.Windows[w] = summarize(runs)
			}
			found = append(found, s)
		}
	}
	return found, err
}

// shift runs 12.5 hours of one kind of traffic, and then six hours in which its mean is higher by
// sd standard deviations.
func shift(r *rand.Rand, k dependence, sd float64) (detections [len(windows)]detection, err error) {
	known := withMissing(equal(10), 0)
	s := newStream(reference(r, known, knownRows), promised, r.Uint64(), windows[:]...)
	traffic := normals(means{later: sd, from: settleTicks}, k.noise)(r)
	for tick := range settleTicks + driftTicks {
		if tick == settleTicks {
			for i, w := range s.watches {
				detections[i] = detection{found: never, cleared: never, early: w.alarms > 0}
			}
		}
		if err := s.tick(func(rows []uint8) []uint8 { return traffic(tick, rows) }); err != nil {
			return detections, err
		}
		for i, w := range s.watches {
			if o := &detections[i]; tick >= settleTicks && o.found == never && w.detector.Detected() {
				o.found = (tick + 1 - settleTicks) * tickSeconds
			}
		}
	}
	return detections, nil
}
