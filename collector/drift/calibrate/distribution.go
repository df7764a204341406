package main

import (
	"math"
	"slices"
)

// equal returns the shares of quantile bins.
func equal(bins int) shares { return slices.Repeat(shares{1 / float64(bins)}, bins) }

// rare is the smallest share of a bin. Smaller bins are merged.
const rare = 0.005

// skewed returns shares that halve from bin to bin, until they are rare.
func skewed(bins int) shares {
	s := make(shares, bins)
	for b := range s {
		s[b] = math.Pow(.5, float64(b+1))
	}
	for range 100 { // what is raised to rare is taken from the others
		large, small := 0.0, 0
		for _, p := range s {
			if p > rare {
				large += p
			} else {
				small++
			}
		}
		scale := (1 - rare*float64(small)) / large
		for b, p := range s {
			s[b] = rare
			if p > rare {
				s[b] = max(p*scale, rare)
			}
		}
	}
	return s
}

// withMissing appends a bin of missing values with this share.
func withMissing(s shares, missing float64) shares {
	out := make(shares, 0, len(s)+1)
	for _, p := range s {
		out = append(out, p*(1-missing))
	}
	return append(out, missing)
}

// normal returns the shares in the deciles of the standard normal distribution, for a variable
// that was stretched and then shifted, in standard deviations.
func normal(shift, stretch float64) shares {
	s := make(shares, 10)
	below := 0.0
	for b := range s {
		upTo := 1.0
		if b < len(deciles) {
			upTo = (1 + math.Erf((deciles[b]-shift)/stretch/math.Sqrt2)) / 2
		}
		s[b], below = upTo-below, upTo
	}
	return s
}

var deciles = func() (d [9]float64) {
	for i := range d {
		d[i] = math.Sqrt2 * math.Erfinv(2*float64(i+1)/10-1)
	}
	return d
}()

// decile returns the bin of x.
func decile(x float64) uint8 {
	bin := uint8(0)
	for _, d := range deciles {
		if d <= x {
			bin++
		}
	}
	return bin
}

// divergence returns KL(p
//
// q) in nats of the distributions, not of samples.
func divergence(p, q shares) float64 {
	sum := 0.0
	for b := range p {
		if p[b] > 0 {
			sum += p[b] * math.Log(p[b]/q[b])
		}
	}
	return sum
}

// portfolio returns the 13 distributions of a model as they are exported: features in quantile
// bins, with and without missing values, discrete features, categories, a score and a class. The
// last bins are __other__ (except for quantile bins) and __missing__. Most references have no
// rows in either of them.
func portfolio() []shares {
	categories := func(p ...float64) shares { return withMissing(append(p, 0), 0) }
	return []shares{
		withMissing(equal(10), 0), withMissing(equal(10), 0), withMissing(equal(10), 0),
		withMissing(equal(10), .02), withMissing(equal(10), .2),
		withMissing(equal(5), 0), withMissing(equal(20), 0),
		categories(.25, .15, .6),
		categories(.6, .3, .1),
		{.4, .3, .2, .05, .03, .01, .005, .004, .001},
		categories(.995, .005),
		withMissing(equal(10), 0), // the score
		categories(.74, .26),      // the class
	}
}
