package risk

import "math"

// rates is the number of rates among which Excess chooses.
const rates = 8

// Excess counts errors above what a reference would have made. An error may be a part of one: a
// loss between 0 and 1. The zero value has seen nothing. A copy is independent.
type Excess struct {
	labels           int64
	errors           float64
	expected, limits float64
	variance         float64 // sum of effect (x - past mean)^2
}

// Add adds outcomes: rate is the error rate that was expected of them, limit the greatest one
// that is no excess. effect is their design effect, at least 1, as known before them.
func (x *Excess) Add(o Outcomes, rate, limit, effect float64) {
	x.AddLosses(o.Labels, float64(o.Errors), float64(o.Errors), rate, limit, effect)
}

// AddLosses adds losses between 0 and 1, by their number, their sum and the sum of their squares.
func (x *Excess) AddLosses(n int64, sum, squares, rate, limit, effect float64) {
	if n == 0 {
		return
	}
	past := (x.errors + limit) / (float64(x.labels) + 1)
	x.variance += effect * (squares - 2*past*sum + float64(n)*past*past)
	x.labels += n
	x.errors += sum
	x.expected += float64(n) * rate
	x.limits += float64(n) * limit
}

// Labels returns the number of outcomes.
func (x *Excess) Labels() int64 { return x.labels }

// Errors returns the number of errors above the expected ones; below 0 there are fewer.
func (x *Excess) Errors() float64 { return x.errors - x.expected }

// AtLeast returns a lower bound of the sum, over the predictions, of their probability of being
// wrong, given the past, less their limit. It holds at all times together with a probability of
// 1 - alpha: while no prediction is above its limit, it is ever above 0 with a probability of
// at most alpha. It is
//
//	sum x_i - sum limit_i - min over k of (psi(l_k) V + ln(K/alpha)) / l_k
//
// with psi(l) = -ln(1-l) - l, V the sum of the squared differences of x_i and the past mean,
// and l_k = .5/2^k for K = 8 values. For y >= -1, exp(l y - psi(l) y^2) is at most 1 + l y [1].
// With y = x_i less the past mean, and r the probability that x_i is 1 given the past, it
// follows that exp(l (x_i - r) - psi(l) y^2) has an expectation of at most 1 given the past.
// So the product of such factors is a supermartingale; Ville's inequality and the union over k
// give the bound. Outcomes that depend on each other, such as of batches, vary more than V
// says: by the design effect, by which their squares are multiplied. It is taken as it was known
// before them, so that a rise does not hide itself.
//
// [1] Fan, X.; Grama, I.; Liu, Q. (2015). "Exponential Inequalities for Martingales with
// Applications". Electronic Journal of Probability 20 (1): 1-22, lemma 4.1; Howard, S.; Ramdas,
// A.; McAuliffe, J.; Sekhon, J. (2021). "Time-uniform, Nonparametric, Nonasymptotic Confidence
// Sequences". Annals of Statistics 49 (2): 1055-1080.
func (x *Excess) AtLeast(alpha float64) float64 {
	least := math.Inf(1)
	for l, k := 0.5, 0; k < rates; l, k = l/2, k+1 {
		psi := -math.Log1p(-l) - l
		least = min(least, (psi*x.variance+math.Log(rates/alpha))/l)
	}
	return x.errors - x.limits - least
}
