package drift

import "slices"

// contrasts sum up how far apart the shares of neighbouring blocks of one length are. The
// zero value has no pairs; memory comes with the first one.
type contrasts struct {
	// squares are the sums of h d d', where d is the difference between the shares of two
	// blocks of n and m rows, and h = n m / (n + m). It is the upper triangle, row after row.
	// With independent rows the mean of h d d' is the covariance of one row.
	squares []float64
	shares  []float64 // sums of those of both blocks together
	rows    float64   // of the pairs
	number  float64   // of pairs, by weight
	squared float64   // sum of the squared weights
}

// allocate takes memory for that many bins, once.
func (p *contrasts) allocate(bins int) {
	if p.squares == nil {
		both := make([]float64, bins*(bins+1)/2+bins)
		p.shares, p.squares = both[:bins:bins], both[bins:]
	}
}

// add adds a pair. Scratch has as many numbers as a block. O(K^2), no allocation after the
// first pair.
func (p *contrasts) add(x, y *block, scratch []float64) {
	p.allocate(len(x.counts))
	h, both := x.rows*y.rows/(x.rows+y.rows), x.rows+y.rows
	for b, c := range x.counts {
		scratch[b] = y.counts[b]/y.rows - c/x.rows
		p.shares[b] += (c + y.counts[b]) / both
	}
	at := p.squares
	for b, d := range scratch {
		row := scratch[b:]
		if d != 0 {
			for i, e := range row {
				at[i] += h * d * e
			}
		}
		at = at[len(row):]
	}
	p.rows += both
	p.number++
	p.squared++
}

// merge adds the pairs of o. The weight of the pairs that are there is first multiplied by
// kept.
func (p *contrasts) merge(o *contrasts, kept float64) {
	if o.squares == nil {
		scale(p.squares, kept)
		scale(p.shares, kept)
	} else {
		p.allocate(len(o.shares))
		scaleAndAdd(p.squares, kept, o.squares)
		scaleAndAdd(p.shares, kept, o.shares)
	}
	p.rows = p.rows*kept + o.rows
	p.number = p.number*kept + o.number
	p.squared = p.squared*kept*kept + o.squared
}

func scale(all []float64, by float64) {
	for i := range all {
		all[i] *= by
	}
}

func scaleAndAdd(all []float64, by float64, more []float64) {
	for i, v := range more {
		all[i] = all[i]*by + v
	}
}

func (p contrasts) clone() contrasts {
	p.squares, p.shares = slices.Clone(p.squares), slices.Clone(p.shares)
	return p
}

func (p *contrasts) reset() {
	clear(p.squares)
	clear(p.shares)
	p.rows, p.number, p.squared = 0, 0, 0
}
