package main

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// shares are the probabilities of bins. Their sum is 1.
type shares []float64

// rows draws one row after the other by Walker's alias method: below its limit a column is chosen
// itself, otherwise its alias is chosen.
type rows struct {
	limit []float64
	alias []int32
}

func newRows(s shares) rows {
	t := rows{make([]float64, len(s)), make([]int32, len(s))}
	var short, tall []int
	for b, p := range s {
		t.limit[b], t.alias[b] = p*float64(len(s)), int32(b)
		if t.limit[b] < 1 {
			short = append(short, b)
		} else {
			tall = append(tall, b)
		}
	}
	for len(short) > 0 && len(tall) > 0 {
		s, l := short[len(short)-1], tall[len(tall)-1]
		short = short[:len(short)-1]
		t.alias[s] = int32(l)
		t.limit[l] -= 1 - t.limit[s]
		if t.limit[l] < 1 {
			tall = tall[:len(tall)-1]
			short = append(short, l)
		}
	}
	for _, b := range append(short, tall...) {
		t.alias[b] = int32(b) // what rounding left
	}
	return t
}

// row returns the bin of one row. There may be at most 256 bins.
func (t rows) row(r *rand.Rand) uint8 { return uint8(t.name(r)) }

// name returns the bin of one row.
func (t rows) name(r *rand.Rand) int {
	u := r.Float64() * float64(len(t.limit))
	if b := int(u); u-float64(b) < t.limit[b] {
		return b
	}
	return int(t.alias[int(u)])
}

// byRow is the largest sample size for which counts are drawn row by row.
const byRow = 2000

// counts draws the counts of n rows.
//
// Many rows are drawn bin by bin, with conditional binomials. The bins go from the smallest to
// the largest, because gonum replaces a binomial of mean below 1 by a Poisson variable. This is
// accurate enough if thousands of trials are left.
func counts(r *rand.Rand, s shares, n int64) []int64 {
	c := make([]int64, len(s))
	if n <= byRow {
		t := newRows(s)
		for range n {
			c[t.row(r)]++
		}
		return c
	}
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(s[i], s[j]) })
	rest, mass := n, 1.0
	for _, b := range order[:len(order)-1] {
		if s[b] > 0 && rest > 0 {
			p := min(s[b]/mass, 1)
			c[b] = min(int64(distuv.Binomial{N: float64(rest), P: p, Src: r}.Rand()), rest)
		}
		rest, mass = rest-c[b], mass-s[b]
	}
	c[order[len(order)-1]] = rest
	return c
}

// exactly, as a number of reference rows, means a reference without error.
const exactly = 1_000_000_000_000

// reference draws the counts of a reference of n rows. For exactly, it returns the expected
// counts.
func reference(r *rand.Rand, s shares, n int64) []int64 {
	if n != exactly {
		return counts(r, s, n)
	}
	c := make([]int64, len(s))
	for b, p := range s {
		c[b] = int64(p*exactly + 0.5)
	}
	return c
}

// ownQuantiles draws the shares of bins whose edges are the quantiles of a sample of n rows. The
// sample has equal counts, which are also returned. Edge i is the value at 0-based rank floor(i n
// / K). So a share is the sum of as many of the n+1 spacings of the sample as the bin has rows,
// and one more for the first bin.
func ownQuantiles(r *rand.Rand, bins int, n int64) (shares, []int64) {
	s, c := make(shares, bins), make([]int64, bins)
	sum := 0.0
	for b := range s {
		c[b] = int64(b+1)*n/int64(bins) - int64(b)*n/int64(bins)
		spacings := float64(c[b])
		if b == 0 {
			spacings++
		}
		s[b] = distuv.Gamma{Alpha: spacings, Beta: 1, Src: r}.Rand()
		sum += s[b]
	}
	for b := range s {
		s[b] /= sum
	}
	return s, c
}
