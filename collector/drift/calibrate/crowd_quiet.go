package main

import (
	"math/rand/v2"
	"sync"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// CrowdCalm contains the alarms of detectors on quiet traffic of features with many categories,
// for one window size.
type CrowdCalm struct {
	Window int64
	Noise
}

// quietCrowds runs months of such features without drift. Each feature has a new reference every
// month.
func quietCrowds(p pool, e effort) ([]CrowdCalm, error) {
	portfolio := crowdPortfolio(e)
	calm := make([]CrowdCalm, len(windows))
	for w, size := range windows {
		calm[w] = CrowdCalm{size, Noise{Months: e.crowdMonths}}
	}
	var mu sync.Mutex
	err := p.run("quiet traffic of many categories", e.crowdMonths*len(portfolio), func(i int, r *rand.Rand) error {
		alarms, err := portfolio[i%len(portfolio)].watch(r, e.ticks, len(portfolio), nil)
		mu.Lock()
		defer mu.Unlock()
		for w, n := range alarms {
			calm[w].Episodes += n
		}
		return err
	})
	return calm, err
}

// watch returns the number of alarms by window, for one feature over a number of ticks. among is
// the number of features. The shares of the cells in the traffic are the result of change on the
// quiet shares.
func (c *Crowd) watch(r *rand.Rand, ticks, among int, change func(*drift.Binning, shares) shares) ([]int, error) {
	truth := c.truth()
	named := names(len(truth))
	b, err := c.reference(r, newRows(truth), named)
	if err != nil {
		return nil, err
	}
	quiet := make(shares, b.Cells())
	for i, p := range truth {
		quiet[b.Cell(b.Category(named[i]))] += p
	}
	if change != nil {
		quiet = change(b, quiet)
	}
	o := promised
	o.Distributions = among
	s := newStream(b.Reference(), o, r.Uint64(), windows[:]...)
	for _, w := range s.watches {
		w.novelty = b.Novelty()
	}
	traffic := steady(r, quiet, rowsPerTick)
	for range ticks {
		if err := s.tick(traffic); err != nil {
			return nil, err
		}
	}
	alarms := make([]int, len(s.watches))
	for i, w := range s.watches {
		alarms[i] = w.alarms
	}
	return alarms, nil
}
