package drift

import "math"

// ball is the set of all distributions Q with KL(P || Q) <= radius. These count as no drift, or
// as too little to matter. A ball is immutable.
type ball struct {
	center  []float64 // P, all positive
	entropy float64   // sum of P ln P
	radius  float64   // nats, at least 0
}

func newBall(center []float64, radius float64) *ball {
	b := &ball{center: center, radius: radius}
	for _, p := range center {
		b.entropy += p * math.Log(p)
	}
	return b
}

// distance is KL(P || q) in nats. K logarithms, 60 ns at K = 10.
func (b *ball) distance(q []float64) float64 {
	sum := b.entropy
	for i, p := range b.center {
		sum -= p * math.Log(q[i])
	}
	return sum
}

// holds reports whether q is in the ball, if that can be seen without logarithms: KL(P || q) is
// at most chi-squared, the sum of (P-q)^2 / q [1]. The margin is far above what rounding adds. It
// takes a tenth of the time of distance.
//
// [1] Gibbs, A.; Su, F. (2002). "On Choosing and Bounding Probability Metrics". International
// Statistical Review 70 (3): 419-435, theorem 5.
func (b *ball) holds(q []float64) bool {
	sum := 0.0
	for i, p := range b.center {
		sum += (p - q[i]) * (p - q[i]) / q[i]
	}
	return sum < .999*b.radius
}

// steps bounds Newton's method. Four to six are usual. 12 are enough even when a bin keeps only
// 1/2500 of its share, the least that an estimate leaves.
const steps = 12

// project returns the weight w in [0, 1] for which (1-w) q + w P is the reverse information
// projection [1] of q on the ball. distance is the distance of q. Inside the ball q is its own
// projection, and w is 0.
//
// The projection is the r of the ball with the least KL(q || r). Its condition of
// optimality makes q/r an e-value against every Q of the ball, not only against
// r: a variable that is never negative and has a mean of at most 1 [2]. As the
// ball is bounded by a level of KL(P || r), the multiplier rule gives r as a
// mixture of q and P on the boundary. The second claim can be seen directly:
//
//	sum Q q/r = (1 - w sum Q P/r) / (1 - w),
//	sum P Q/r >= exp(sum P ln(Q/r)) = exp(KL(P || r) - KL(P || Q)) >= 1.
//
// The claim also holds when w is too small, where KL(P || r) > radius. It does not hold when w
// is too large. The distance of the mixture is convex and falls as w rises, so Newton's method
// from w = 0 approaches the root from the left and never passes it. It stops within 1e-12 of
// the boundary, and the e-value is valid wherever it stops.
//
// A ball of radius 0 is P itself and w is 1.
//
// [1] Csiszar, I.; Matus, F. (2003). "Information Projections Revisited". IEEE
// Transactions on Information Theory 49 (6): 1474-1490.
//
// [2] Grunwald, P.; de Heide, R.; Koolen, W. (2024). "Safe Testing". Journal of
// the Royal Statistical Society B 86 (5): 1091-1128.
func (b *ball) project(q []float64, distance float64) float64 {
	switch {
	case distance <= b.radius:
		return 0
	case b.radius == 0:
		return 1
	}
	w := 0.0
	for range steps {
		excess, slope := b.entropy-b.radius, 0.0
		for i, p := range b.center {
			r := q[i] + w*(p-q[i])
			excess -= p * math.Log(r)
			slope += p * (p - q[i]) / r
		}
		if excess < 1e-12 {
			break
		}
		w = min(w+excess/slope, 1)
	}
	return w
}
