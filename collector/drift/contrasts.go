package drift

import "slices"

// contrasts sum up how far apart the shares of neighbouring blocks of one length are.
type contrasts struct {
	// squares are the sums of h d d', d the difference of the shares of two blocks
	// of n and m rows and h = n m / (n + m): the upper triangle, row after row. With
	// independent rows the mean of h d d' is the covariance of one row.
	squares []float64
	shares  []float64 // sums of those of both blocks together
	rows    float64   // of the pairs
	number  float64   // of pairs, by weight
	squared float64   // sum of the squared weights
	d       []float64 // scratch
}

func newContrasts(bins int) contrasts {
	return contrasts{squares: make([]float64, bins*(bins+1)/2), shares: make([]float64, bins), d: make([]float64, bins)}
}

// add adds a pair. O(K^2), no allocation.
func (p *contrasts) add(x, y *block) {
	h, both := x.rows*y.rows/(x.rows+y.rows), x.rows+y.rows
	for b, c := range x.counts {
		p.d[b] = y.counts[b]/y.rows - c/x.rows
		p.shares[b] += (c + y.counts[b]) / both
	}
	at := p.squares
	for b, d := range p.d {
		row := p.d[b:]
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

// merge adds the pairs of o, after what is there has lost all but kept of its
// weight.
func (p *contrasts) merge(o *contrasts, kept float64) {
	for i, v := range o.squares {
		p.squares[i] = p.squares[i]*kept + v
	}
	for i, v := range o.shares {
		p.shares[i] = p.shares[i]*kept + v
	}
	p.rows = p.rows*kept + o.rows
	p.number = p.number*kept + o.number
	p.squared = p.squared*kept*kept + o.squared
}

func (p contrasts) clone() contrasts {
	p.squares, p.shares, p.d = slices.Clone(p.squares), slices.Clone(p.shares), make([]float64, len(p.d))
	return p
}

func (p *contrasts) reset() {
	clear(p.squares)
	clear(p.shares)
	p.rows, p.number, p.squared = 0, 0, 0
}
