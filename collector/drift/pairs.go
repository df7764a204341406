package drift

// pairs draws pairs of a window and a reference without drift, over the occupied
// cells of a reference.
type pairs struct {
	window, drawn []int64
	windows       *multinomial
	references    *multinomial // nil: the reference is taken as it is
	unseen        int          // the cell of new values, -1 without any
	rare          []surprise
}

// surprise is the additional variation of the number of rows of a rare cell that were seen once,
// beyond a multinomial. It is the variation of this number of coin tosses.
type surprise struct {
	cell   int
	tosses int64
}

// newPairs returns a source of windows of n.
//
// The rows of a reference that stand for new values are not a count of these: they
// were counted among values seen once. Esty [1] found that their number, as an
// estimate of the share of new values, has the variance of a binomial and 2 N2 rows
// more, N2 being the number of values seen twice. By the same argument each
// group of rare values has the variance of its rows and twice its own N2 more, taken
// from the new ones or given to them.
//
// [1] Esty, W. W. (1983). "A Normal Limit Law for a Nonparametric Estimator of the
// Coverage of a Random Sample". Annals of Statistics 11 (3): 905-912.
func newPairs(reference []int64, v Novelty, n int64) *pairs {
	p := &pairs{unseen: -1}
	var occupied []int64
	rareRows := int64(0)
	for cell, r := range reference {
		if r == 0 {
			continue
		}
		if v.Singletons > 0 && cell >= v.Unseen-v.Rare && cell < v.Unseen {
			p.rare = append(p.rare, surprise{cell: len(occupied), tosses: r})
			rareRows += r
		}
		if v.Singletons > 0 && cell == v.Unseen {
			p.unseen = len(occupied)
		}
		occupied = append(occupied, r)
	}
	p.window, p.drawn = make([]int64, len(occupied)), occupied
	if len(occupied) < 2 || n <= 0 {
		return p
	}
	p.windows = newMultinomial(occupied, n)
	enough := int64(exactReference)
	if lumpy(occupied, n) {
		enough = lumpyReference
	}
	if total(occupied)/enough >= n {
		return p
	}
	p.references = newMultinomial(occupied, total(occupied))
	p.drawn = make([]int64, len(occupied))
	for i := range p.rare {
		// 8 N2 tosses have a variance of 2 N2.
		share := float64(p.rare[i].tosses) / float64(rareRows)
		p.rare[i].tosses = 2 * int64(4*float64(v.Doubletons)*share+0.5)
	}
	return p
}

// draw overwrites window and drawn, which has the counts of a reference.
func (p *pairs) draw(r *random) {
	p.windows.draw(r, p.window)
	if p.references == nil {
		return
	}
	p.references.draw(r, p.drawn)
	if p.unseen < 0 {
		return
	}
	for _, s := range p.rare {
		more := r.binomial(s.tosses, .5, .5) - s.tosses/2
		more = min(max(more, -p.drawn[p.unseen]), p.drawn[s.cell])
		p.drawn[s.cell] -= more
		p.drawn[p.unseen] += more
	}
}
