package main

import (
	"math"
	"math/rand/v2"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

var (
	windowSizes    = []int64{50, 100, 1000, 10_000, 100_000}
	referenceSizes = []int64{1000, 10_000, 1_000_000, exactly}
)

// shape is how bins and reference were made.
type shape int

const (
	fixedEqual shape = iota
	fixedSkewed
	fromQuantiles
	shapes
)

// level is the type-I error of the p-value in one cell.
type level struct {
	shape         shape
	bins          int
	window, known int64 // rows of the window and of the reference

	references, each, draws int
	at05, at01              rate
}

// rate is a share with its standard error.
type rate struct{ Share, Error float64 }

// The number of windows that share a reference.
const sharedByMany, sharedBySome = 200, 20

// plan groups the p-values of a cell by reference, and so by null distribution.
//
// Windows that are compared with the same reference are right or wrong together. This effect
// grows with the size of the windows relative to the reference. If it matters, each p-value has
// its own reference. Null distributions of 99 draws make that feasible: whatever the number of
// draws, a p-value from a null distribution of the right shape is <= .05 with probability .05 if
// .05 (draws + 1) is an integer. Otherwise null distributions are as large as in production. The
// standard errors come from the groups.
func (l *level) plan(pValues int) {
	switch {
	case l.known >= 200*l.window:
		l.references, l.draws = pValues/sharedByMany, drift.DefaultSamples
	case l.known > 10*l.window:
		l.references, l.draws = pValues/sharedBySome, 1999
	default:
		l.references, l.draws = pValues, 99
	}
	l.references = max(l.references, 2)
	l.each = max(pValues/l.references, 1)
}

// typeOne measures every cell, by bins, then by shape and sizes.
func typeOne(p pool, e effort) ([]level, error) {
	var levels []level
	for _, bins := range e.bins {
		for s := range shapes {
			for _, known := range referenceSizes {
				if s == fromQuantiles && known == exactly {
					continue // as fixedEqual
				}
				for _, window := range windowSizes {
					l := level{shape: s, bins: bins, window: window, known: known}
					l.plan(e.pValues)
					levels = append(levels, l)
				}
			}
		}
	}
	return levels, p.run("type-I error", len(levels), func(i int, r *rand.Rand) error {
		levels[i].measure(r)
		return nil
	})
}

func (l *level) measure(r *rand.Rand) {
	var at05, at01 groups
	for range l.references {
		truth, known := l.draw(r)
		null := drift.NewNull(known, l.window, l.draws, r.Uint64())
		below05, below01 := 0, 0
		for range l.each {
			p := null.PValue(drift.KL(known, counts(r, truth, l.window)))
			if p <= 0.05 {
				below05++
			}
			if p <= 0.01 {
				below01++
			}
		}
		at05.add(float64(below05) / float64(l.each))
		at01.add(float64(below01) / float64(l.each))
	}
	l.at05, l.at01 = at05.mean(), at01.mean()
}

// draw returns the truth and a reference that is drawn from it.
func (l *level) draw(r *rand.Rand) (truth shares, known []int64) {
	switch l.shape {
	case fromQuantiles:
		return ownQuantiles(r, l.bins, l.known)
	case fixedSkewed:
		truth = skewed(l.bins)
	default:
		truth = equal(l.bins)
	}
	return truth, reference(r, truth, l.known)
}

// groups contains the shares of independent groups of equal size.
type groups struct{ n, sum, squares float64 }

func (g *groups) add(x float64) { g.n, g.sum, g.squares = g.n+1, g.sum+x, g.squares+x*x }

func (g *groups) mean() rate {
	mean := g.sum / g.n
	return rate{mean, math.Sqrt(max(g.squares/g.n-mean*mean, 0) / (g.n - 1))}
}
