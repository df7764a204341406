package drift

import "math/bits"

// few is the sample size up to which drawing one observation after the other is
// faster than drawing a binomial for each bin, of which there are at least a
// fifteenth as many.
const (
	few       = 150
	fewPerBin = few / 10
)

// multinomial draws counts of n observations that fall into bins in proportion
// to weights, all positive.
type multinomial struct {
	n          int64
	conditions []condition // many
	columns    []column    // few
}

// condition is the share of a bin among itself and those to its right, and the
// share of those to its right.
type condition struct{ p, q float64 }

// column is one bin of the alias table: below the threshold it is hit itself,
// else its alias is.
type column struct {
	threshold uint64
	alias     int
}

func newMultinomial(weights []int64, n int64) *multinomial {
	if n <= min(few, fewPerBin*int64(len(weights))) {
		return &multinomial{n: n, columns: aliasTable(weights)}
	}
	return &multinomial{n: n, conditions: conditionals(weights)}
}

// draw overwrites counts with one sample. O(n) for few by the alias method,
// else O(bins) by conditional binomials [1].
//
// [1] Devroye, L. (1986). "Non-Uniform Random Variate Generation". Springer,
// section XI.1.4: 557-559.
func (m *multinomial) draw(r *random, counts []int64) {
	clear(counts)
	if m.columns != nil {
		for range m.n {
			at, fraction := bits.Mul64(r.bits64(), uint64(len(m.columns)))
			if fraction >= m.columns[at].threshold {
				counts[m.columns[at].alias]++
			} else {
				counts[at]++
			}
		}
		return
	}
	rest := m.n
	for b, c := range m.conditions {
		counts[b] = r.binomial(rest, c.p, c.q)
		rest -= counts[b]
		if rest == 0 {
			return
		}
	}
}

func conditionals(weights []int64) []condition {
	conditions := make([]condition, len(weights))
	rest := int64(0)
	for b := len(weights) - 1; b >= 0; b-- {
		all := float64(rest + weights[b])
		conditions[b] = condition{float64(weights[b]) / all, float64(rest) / all}
		rest += weights[b]
	}
	return conditions
}

// aliasTable is Walker's table [1] in the linear time of Vose [2], in integers:
// a column of the table holds the sum of the weights, and bin b has weight times
// the number of bins to spread.
//
// [1] Walker, A. J. (1977). "An Efficient Method for Generating Discrete Random
// Variables with General Distributions". ACM Transactions on Mathematical
// Software 3 (3): 253-256.
//
// [2] Vose, M. D. (1991). "A Linear Algorithm for Generating Random Numbers with
// a Given Distribution". IEEE Transactions on Software Engineering 17 (9):
// 972-975.
func aliasTable(weights []int64) []column {
	columns := make([]column, len(weights))
	height := float64(total(weights))
	left := make([]float64, len(weights))
	var short, tall []int
	for b, w := range weights {
		left[b] = float64(w) * float64(len(weights))
		columns[b] = column{^uint64(0), b}
		if left[b] < height {
			short = append(short, b)
		} else {
			tall = append(tall, b)
		}
	}
	for len(short) > 0 && len(tall) > 0 {
		s, t := short[len(short)-1], tall[len(tall)-1]
		short = short[:len(short)-1]
		columns[s] = column{uint64(left[s] / height * 0x1p64), t}
		left[t] -= height - left[s]
		if left[t] < height {
			tall = tall[:len(tall)-1]
			short = append(short, t)
		}
	}
	return columns
}
