package risk

import "math"

// rates is the number of rates among which Excess chooses.
const rates = 8

// Excess counts errors above what a reference would have made. The zero value has seen
// nothing. A copy is independent.
type Excess struct {
	labels, errors   int64
	expected, limits float64
	variance         float64 // sum of (x - past mean)^2
}

// Add adds outcomes: rate is the error rate that was expected of them, limit the greatest one
// that is no excess.
func (x *Excess) Add(o Outcomes, rate, limit float64) {
	if o.Labels == 0 {
		return
	}
	n, wrong := float64(o.Labels), float64(o.Errors)
	past := (float64(x.errors) + limit) / (float64(x.labels) + 1)
	x.variance += wrong*(1-past)*(1-past) + (n-wrong)*past*past
	x.labels += o.Labels
	x.errors += o.Errors
	x.expected += n * rate
	x.limits += n * limit
}

// Labels returns the number of outcomes.
func (x *Excess) Labels() int64 { return x.labels }

// Errors returns the number of errors above the expected ones; below 0 there are fewer.
func (x *Excess) Errors() float64 { return float64(x.errors) - x.expected }

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
// give the bound. Dependence that the past does not show, such as of batches, is taken into
// account by the design effect: V and the logarithm are multiplied by it.
//
// [1] Fan, X.; Grama, I.; Liu, Q. (2015). "Exponential Inequalities for Martingales with
// Applications". Electronic Journal of Probability 20 (1): 1-22, lemma 4.1; Howard, S.; Ramdas,
// A.; McAuliffe, J.; Sekhon, J. (2021). "Time-uniform, Nonparametric, Nonasymptotic Confidence
// Sequences". Annals of Statistics 49 (2): 1055-1080.
func (x *Excess) AtLeast(alpha, effect float64) float64 {
	least := math.Inf(1)
	for l, k := 0.5, 0; k < rates; l, k = l/2, k+1 {
		psi := -math.Log1p(-l) - l
		least = min(least, effect*(psi*x.variance+math.Log(rates/alpha))/l)
	}
	return float64(x.errors) - x.limits - least
}
