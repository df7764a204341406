package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	settleTicks = 12*3600/tickSeconds + 120 // 12.5 hours of quiet traffic first
	driftTicks  = 6 * 3600 / tickSeconds
	patience    = 24 * 3600 / tickSeconds // until the alarm has ended
)

// never is the number of seconds for something that did not happen in time.
const never = math.MaxInt

// change is a distribution that becomes another.
type change struct {
	name          string
	before, after shares
	earlier       earlier
}

// earlier contains the median seconds to find and to clear a change, from an earlier simulation
// in another language with windows of 1005. It is 0 if unknown.
type earlier struct{ Found, Cleared int }

func changes() []change {
	deciles := withMissing(equal(10), 0)
	numeric := func(name string, shift, stretch float64, e earlier) change {
		return change{name, deciles, withMissing(normal(shift, stretch), 0), e}
	}
	return []change{
		numeric("shift .1 sd", .1, 1, earlier{}),
		numeric("shift .2 sd", .2, 1, earlier{}),
		numeric("shift .3 sd", .3, 1, earlier{1905, 1725}),
		numeric("shift .5 sd", .5, 1, earlier{675, 2220}),
		numeric("shift 1 sd", 1, 1, earlier{210, 2940}),
		numeric("sd x 1.2", 0, 1.2, earlier{}),
		numeric("sd x 1.5", 0, 1.5, earlier{750, 2175}),
		{"mix 60/30/10 -> 20/40/40", shares{.6, .3, .1, 0, 0}, shares{.2, .4, .4, 0, 0}, earlier{210, 2925}},
		{"new category 5 %", shares{.6, .3, .1, 0, 0}, shares{.57, .285, .095, .05, 0}, earlier{810, 2565}},
		{"missing 2 %", deciles, withMissing(equal(10), .02), earlier{}},
		{"missing 5 %", deciles, withMissing(equal(10), .05), earlier{840, 2580}},
	}
}

// Drift is how long it took to find one change and to clear the alarm.
type Drift struct {
	Name       string
	Divergence float64 // nats, of the distributions
	Earlier    earlier
	Windows    [len(windows)]Delay
}

// Delay contains the delays for one window.
type Delay struct {
	Found, Found90, Cleared, Cleared90 int     // median and 90 % quantile, seconds or never
	Share                              float64 // of the runs that were found in time
	Again                              int     // alarms beyond the first, over all runs
	Early                              int     // runs with an alarm before the change, left out
}

// drifts measures the delays of all changes.
func drifts(p pool, e effort) ([]Drift, error) {
	all := changes()
	detections := make([][len(windows)]detection, len(all)*e.drifts)
	err := p.run("drift", len(detections), func(i int, r *rand.Rand) (err error) {
		detections[i], err = suffer(r, all[i/e.drifts])
		return err
	})
	if err != nil {
		return nil, err
	}
	found := make([]Drift, len(all))
	for i, c := range all {
		found[i] = Drift{Name: c.name, Divergence: divergence(c.before, c.after), Earlier: c.earlier}
		for w := range windows {
			var runs []detection
			for _, o := range detections[i*e.drifts : (i+1)*e.drifts] {
				runs = append(runs, o[w])
			}
			found[i].Windows[w] = summarize(runs)
		}
	}
	return found, nil
}

// detection is when one change was detected and when the alarm was cleared.
type detection struct {
	found, cleared int // seconds after the change and after its end, or never
	again          int
	early          bool
}

// suffer runs one change: quiet hours, six hours of drift, and quiet hours again.
func suffer(r *rand.Rand, c change) (detections [len(windows)]detection, err error) {
	s := newStream(reference(r, c.before, knownRows), promised, r.Uint64(), windows[:]...)
	before, after := steady(r, c.before, rowsPerTick), steady(r, c.after, rowsPerTick)
	for range settleTicks {
		if err := s.tick(before); err != nil {
			return detections, err
		}
	}
	for i, w := range s.watches {
		detections[i] = detection{found: never, cleared: never, early: w.alarms > 0}
	}
	for tick := range driftTicks {
		if err := s.tick(after); err != nil {
			return detections, err
		}
		for i, w := range s.watches {
			if o := &detections[i]; o.found == never && w.detector.Detected() {
				o.found = (tick + 1) * tickSeconds
			}
		}
	}
	for tick := range patience {
		if err := s.tick(before); err != nil {
			return detections, err
		}
		on := 0
		for i, w := range s.watches {
			if w.detector.Detected() {
				on++
			} else if o := &detections[i]; o.cleared == never {
				o.cleared = (tick + 1) * tickSeconds
			}
		}
		if on == 0 {
			break
		}
	}
	for i, w := range s.watches {
		detections[i].again = max(w.alarms-1, 0)
	}
	return detections, nil
}

// summarize counts runs in which the change was not found as never. The time to clear comes only
// from runs in which it was found.
func summarize(runs []detection) Delay {
	var d Delay
	var found, cleared []int
	for _, o := range runs {
		if o.early {
			d.Early++
			continue
		}
		d.Again += o.again
		found = append(found, o.found)
		if o.found != never {
			cleared = append(cleared, o.cleared)
		}
	}
	d.Found, d.Found90 = quantile(found, .5), quantile(found, .9)
	d.Cleared, d.Cleared90 = quantile(cleared, .5), quantile(cleared, .9)
	d.Share = float64(len(cleared)) / float64(max(len(found), 1))
	return d
}

// quantile returns the value of this rank, or never without values.
func quantile(x []int, q float64) int {
	if len(x) == 0 {
		return never
	}
	slices.Sort(x)
	return x[min(int(q*float64(len(x))), len(x)-1)]
}
