package drift

import "slices"

const (
	// levels is the number of lengths of blocks. A shortest block is a number of ticks
	// with at least shortBlock rows together, up to 31 if no tick has more; each next
	// length is twice the one before. On some of these lengths, the scales, neighbouring
	// blocks are compared: 16, 64, 256, 1024 and, on the last level, 2048 rows, or up to
	// twice as many.
	levels, scales = 8, 5
	shortBlock     = 16
	// nearScales is the number of scales that the evidence rule uses. It predicts the next
	// rows from the recent ones, so slow changes do not mislead it.
	nearScales = 4
	// period is the number of rows after which new comparisons begin to count, or wait for
	// one more period. The first periods are shorter.
	period, firstPeriod = 8192, 32
	// retained is the factor on the weight of old comparisons at the end of each period:
	// the memory is 131,072 rows.
	retained = 1 - 1.0/16
	// unsure sets the margin for few rows. After this number of rows, the detector divides by
	// twice the estimate. After 10,000 rows, it divides by a tenth more than the estimate.
	unsure = 1024
)

// design estimates the design effect [1] of a stream of rows: the variance of the counts in
// blocks of rows, relative to independent rows. It is above 1 for rows that come in batches
// of similar ones, or depend on the row before. That many times fewer independent rows
// would carry the same information.
//
// It compares neighbours. The difference between the shares of two successive blocks of n
// rows has mean 0, and the variance of two independent blocks times the design effect of
// blocks of n rows. This is Allan's variance [2] of counts. Unlike the variance about a
// mean it does not depend on the level. A change of level, which the detector is there to
// find, spoils one pair of each length. A daily cycle, which the tolerance is there for,
// spoils hardly any while a block is short compared with a day. The variance is taken at
// five lengths from 16 to about 3,000 rows, because the length of batches is unknown: with
// batches of m rows its excess over 1 is too small by the share m/(2n), and beyond a few m
// it no longer rises.
//
// A pair counts in a later period only, between 8,192 and 16,384 rows after it came, so
// that drift is found before it can be taken for noise. Only the first 8,160 rows count at
// once. The weight of a pair fades with a memory of 131,072 rows.
//
// The estimate depends on the rows so far alone. A design is not safe for concurrent use.
// At K = 10 it takes 70 floats at first, 400 after 1,000 rows and 1,200 after 16,384, because
// the memory for a length of blocks is taken when its first blocks come. 0.1 us for each tick
// of 15 rows, and 30 us once in 8,192 rows.
//
// [1] Rao, J.; Scott, A. (1981). "The Analysis of Categorical Data From Complex
// Sample Surveys". Journal of the American Statistical Association 76 (374):
// 221-230.
//
// [2] Allan, D. (1966). "Statistics of Atomic Frequency Standards". Proceedings of
// the IEEE 54 (2): 221-230.
type design struct {
	open block         // the block that rows are added to
	wait [levels]block // blocks that have no neighbour yet
	seen float64       // rows so far
	left float64       // rows to come in this period
	size float64       // rows in this period

	scales  [scales]*comparisons // nil before the first pair
	effects effects

	scratch []float64 // of the contrasts, by bin
}

// block is consecutive rows by bin.
type block struct {
	counts []float64
	rows   float64
}

// comparisons are the pairs of one scale: those of this period, of the one before, and of all
// earlier ones.
type comparisons struct{ fresh, put, used contrasts }

// effects are design effects, all at least 1.
type effects struct {
	// near is the largest effect on the nearScales, far on all scales, each in the
	// direction in which the shares vary most.
	near, far float64
	// mean is the mean effect over all directions, on the nearScales.
	mean float64
}

func newDesign(bins int) *design {
	return &design{
		open: block{counts: make([]float64, bins)}, left: firstPeriod, size: firstPeriod,
		effects: effects{1, 1, 1}, scratch: make([]float64, bins),
	}
}

// clone returns an independent copy.
func (d *design) clone() *design {
	c := *d
	c.open, c.scratch = d.open.clone(), make([]float64, len(d.scratch))
	for i := range d.wait {
		c.wait[i] = d.wait[i].clone()
	}
	for i, p := range d.scales {
		if p != nil {
			c.scales[i] = &comparisons{p.fresh.clone(), p.put.clone(), p.used.clone()}
		}
	}
	return &c
}

func (b block) clone() block {
	b.counts = slices.Clone(b.counts)
	return b
}

// careful returns the effects to divide by: larger than the estimates while few rows were
// seen.
func (d *design) careful() effects {
	e := d.effects
	more := 1 + unsure/(d.seen+1)
	return effects{e.near * more, e.far * more, e.mean}
}

// add adds a piece of a tick.
func (d *design) add(piece []int64) {
	rows := 0.0
	for b, c := range piece {
		d.open.counts[b] += float64(c)
		rows += float64(c)
	}
	d.open.rows += rows
	d.seen += rows
	if d.open.rows >= shortBlock {
		d.pair()
	}
	if d.left -= rows; d.left <= 0 {
		d.endPeriod()
	}
}

// pair compares the open block with the block before it, then both together with the two
// before them, and so on while there are as many.
func (d *design) pair() {
	level := 0
	// A large piece is a long block, and leaves no neighbour for waiting shorter blocks.
	for rows := d.open.rows; rows >= 2*shortBlock && level < levels-1; rows /= 2 {
		d.wait[level].rows = 0
		level++
	}
	for ; level < levels; level++ {
		before := &d.wait[level]
		if before.rows == 0 {
			*before, d.open = d.open, *before
			if d.open.counts == nil {
				d.open.counts = make([]float64, len(before.counts))
			}
			break
		}
		if level%2 == 0 || level == levels-1 {
			scale := &d.scales[(level+1)/2]
			if *scale == nil {
				*scale = &comparisons{}
			}
			(*scale).fresh.add(before, &d.open, d.scratch)
		}
		for b, c := range before.counts {
			d.open.counts[b] += c
		}
		d.open.rows += before.rows
		before.rows = 0
	}
	clear(d.open.counts)
	d.open.rows = 0
}

// endPeriod ends a period.
func (d *design) endPeriod() {
	d.effects = effects{1, 1, 1}
	s := newSpectrum(len(d.scratch))
	defer spectra.Put(s)
	shorter, near := 0.0, false
	for i, p := range d.scales {
		mean, largest := 1.0, 1.0
		if p != nil {
			p.end(d.size < period)
			mean, largest = s.of(&p.used)
		}
		near = near || p != nil && i < nearScales
		// Pieces of more than 2,000 rows, counted elsewhere, are on the last scale only.
		if i < nearScales || !near {
			d.effects.near = max(d.effects.near, largest)
			d.effects.mean = max(d.effects.mean, mean)
			if shorter > 1 {
				// The estimate lacks m/(2n), a third of the increase over the length before.
				d.effects.near = max(d.effects.near, largest+(largest-shorter)/3)
			}
		}
		shorter = largest
		d.effects.far = max(d.effects.far, d.effects.near, largest)
	}
	d.size = min(2*d.size, period)
	d.left = d.size
}

// end ends a period. The pairs of the period before count from now on; those of this one, too,
// if it is one of the first.
func (p *comparisons) end(first bool) {
	p.used.merge(&p.put, retained)
	if first {
		p.used.merge(&p.fresh, 1)
		p.put.reset()
	} else {
		p.put, p.fresh = p.fresh, p.put
	}
	p.fresh.reset()
}
