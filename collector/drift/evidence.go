package drift

import "math"

const (
	// memories is the number of estimates of the present traffic.
	memories = 4
	// slow is the memory that decides whether traffic is quiet again.
	slow = 1
	// overshoot bounds the evidence above the threshold, in nats, so that the length of a
	// drift does not matter once it is over.
	overshoot = 5
)

// memory is, for each estimate, the number of rows after which a row has lost
// 1 - 1/e of its weight. The shortest follows a sudden change, the longest adds
// up small ones.
var memory = [memories]float64{200, 1000, 5000, 25_000}

// evidence is an e-detector [1] for traffic that has left a ball. Its value after each tick
// is log M. It crosses a threshold ln(1/a) on average at most once in 1/a ticks while every
// row comes from a distribution in the ball. The distribution may differ from row to row,
// and may depend on all earlier rows.
//
// For each memory, an estimate q of the present traffic is made from past rows only. The
// next rows are bets at the odds of q against the most favourable member of the ball (see
// project). Their log odds add up in S as in Page's CUSUM [2], which is reset whenever it
// falls below 0, and so begins again at each tick. Lorden's argument [3] bounds the
// frequency of its alarms by that of one such beginning. The mean of several e-detectors is
// an e-detector.
//
// Adding up the e-values of all beginnings instead (Shiryaev-Roberts) finds drift 20-40 %
// sooner. But against a ball it grows by 1 in each tick of quiet traffic, where no bets are
// made, and raises an alarm every 1/a ticks.
//
// [1] Shin, J.; Ramdas, A.; Rinaldo, A. (2024). "E-detectors: A Nonparametric
// Framework for Sequential Change Detection". New England Journal of Statistics
// in Data Science 2 (2): 229-260.
//
// [2] Page, E. S. (1954). "Continuous Inspection Schemes". Biometrika 41 (1/2):
// 100-115.
//
// [3] Lorden, G. (1971). "Procedures for Reacting to a Change in Distribution".
// Annals of Mathematical Statistics 42 (6): 1897-1908.
type evidence struct {
	sums [memories]float64   // S, nats
	seen [memories][]float64 // weighted rows by bin; parts of one array
	q    []float64           // scratch
}

func newEvidence(bins int) evidence {
	var e evidence
	e.allocate(bins)
	return e
}

func (e *evidence) allocate(bins int) {
	backing := make([]float64, (memories+1)*bins)
	for i := range e.seen {
		e.seen[i], backing = backing[:bins:bins], backing[bins:]
	}
	e.q = backing
}

// clone returns an independent copy.
func (e *evidence) clone() evidence {
	var c evidence
	c.copy(e)
	return c
}

// copy makes e independent of from, and equal to it.
func (e *evidence) copy(from *evidence) {
	if len(e.q) != len(from.q) {
		e.allocate(len(from.q))
	}
	e.sums = from.sums
	for i := range e.seen {
		copy(e.seen[i], from.seen[i])
	}
}

// begin resets every sum that is below 0.
func (e *evidence) begin() {
	for i, s := range e.sums {
		e.sums[i] = max(s, 0)
	}
}

// bet adds one piece of a tick: first the log odds of its rows, then the rows to
// the estimates. No sum rises above limit. O(K) for each memory, no allocation.
//
// The log odds are divided by the design effect, which gives those of the equivalent number
// of independent rows. Their mean exponential is then still nearly at most 1: if a sum of log
// odds is normal with mean -v/2, and variance v for independent rows and d v for dependent
// ones, then its d-th part has a mean exponential of 1. The part of the odds that comes from
// estimating q from rows that the next rows depend on is subtracted; see leak.
func (e *evidence) bet(b *ball, piece []int64, limit float64, by effects) {
	rows := float64(total(piece))
	for i := range e.seen {
		e.estimate(b, i, by.near)
		if !b.holds(e.q) {
			if distance := b.distance(e.q); distance > b.radius {
				odds := logOdds(b, e.q, b.project(e.q, distance), piece)
				e.sums[i] = min(e.sums[i]+(odds-rows*e.leak(i, by))/by.near, limit)
			}
		}
		kept := keptAfter(i, total(piece))
		for k, c := range piece {
			e.seen[i][k] = e.seen[i][k]*kept + float64(c)
		}
	}
}

// kept is, for each memory, what is left of the weight of a row after so many more.
var kept = func() (kept [memories][PieceSize + 1]float64) {
	for i := range kept {
		for rows := range kept[i] {
			kept[i][rows] = keep(i, int64(rows))
		}
	}
	return kept
}()

// keptAfter is kept for any number of rows: a piece that was counted elsewhere may be longer than
// PieceSize.
func keptAfter(memory int, rows int64) float64 {
	if rows <= PieceSize {
		return kept[memory][rows]
	}
	return keep(memory, rows)
}

func keep(i int, rows int64) float64 { return math.Exp(float64(rows) * math.Log1p(-1/memory[i])) }

// leak returns the average increase of a row's log odds, in nats, that comes from an estimate
// made of rows on which the row depends. It is the sum over bins of the covariance of the
// estimate q with the row, divided by p. With autocorrelations rho at lags of 1, 2, ... rows,
// it is the sum of rho over the rows of the estimate, for each of K-1 directions. The design
// effect is 1 plus twice the sum of rho. The result is for an estimate that ends just before
// the row. At the begin of a tick the true increase is smaller. It is 0 for independent rows.
func (e *evidence) leak(i int, by effects) float64 {
	bins := float64(len(e.q))
	return (bins - 1) * (by.mean - 1) / 2 / (memory[i] + bins*by.near)
}

// estimate sets q to the shares of one memory, plus K independent rows of the ball's centre.
// An independent row has the weight of "effect" dependent rows.
func (e *evidence) estimate(b *ball, i int, effect float64) {
	prior := float64(len(e.q)) * effect
	rows := prior
	for _, a := range e.seen[i] {
		rows += a
	}
	for k, a := range e.seen[i] {
		e.q[k] = (a + prior*b.center[k]) / rows
	}
}

// logOdds is the log e-value of rows: the sum of ln(q / ((1-w) q + w P)).
func logOdds(b *ball, q []float64, w float64, rows []int64) float64 {
	sum := 0.0
	for k, c := range rows {
		if c > 0 {
			sum -= float64(c) * math.Log1p(w*(b.center[k]/q[k]-1))
		}
	}
	return sum
}

// drifting returns the distance of the slow estimate from the ball's centre in nats, less
// its expected value from noise alone. An exponential memory of M has the weight of 2 M
// rows, which is 2 M over the mean design effect in independent rows.
func (e *evidence) drifting(b *ball, effect float64) float64 {
	e.estimate(b, slow, 1)
	return b.distance(e.q) - effect*float64(len(e.q)-1)/(4*memory[slow])
}

// log returns log M: the logarithm of the mean of exp(S) over the memories.
func (e *evidence) log() float64 {
	top, least := e.sums[0], e.sums[0]
	for _, s := range e.sums {
		top, least = max(top, s), min(least, s)
	}
	if top == least { // the usual case: all are 0
		return top
	}
	sum := 0.0
	for _, s := range e.sums {
		sum += math.Exp(s - top)
	}
	return top + math.Log(sum/memories)
}

// forget sets all sums to 0; the estimates stay.
func (e *evidence) forget() { e.sums = [memories]float64{} }
