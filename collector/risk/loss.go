package risk

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// LossTick is the losses of one closed tick, each between 0 and 1, in the order of their
// predictions. Limit is the greatest mean loss without harm, before the tolerance.
type LossTick struct {
	Limit  float64
	Losses []float64
}

// LossDetector is a [Detector] for losses between 0 and 1 instead of errors: for a regression,
// min(|error| / c, 1) with some scale c.
//
// A loss x is a bet of 1 + l (x - p0), with l >= 0 from the past: its expectation is at most 1
// if that of x, given the past, is at most p0. l is the growth-optimal bet to second order,
// (m - p0) / (v + (m - p0)^2) with the mean m and variance v of a memory [1], at most half of
// what could lose everything. For losses of 0 and 1 the bet is that of a Detector, apart from
// this bound. Dependence is that of losses above and below p0.
//
// [1] Waudby-Smith, I.; Ramdas, A. (2024). "Estimating Means of Bounded Random Variables by
// Betting". Journal of the Royal Statistical Society B 86 (1): 1-27, section B.
type LossDetector struct {
	Detector

	means   [memories]float64 // weighted sums of losses
	squares [memories]float64
	weights [memories]float64
}

// NewLossDetector returns a detector before the first loss.
func NewLossDetector(o Options) *LossDetector { return &LossDetector{Detector: *NewDetector(o)} }

// Tick folds one tick and reports whether the alarm began or ended with it. 20 ns a loss for
// each of three memories.
func (d *LossDetector) Tick(t *LossTick) (changed bool) {
	n := int64(len(t.Losses))
	if n == 0 {
		return false
	}
	before, p0 := d.detected, t.Limit+d.options.Tolerance
	near, mean := d.effect.careful(), d.effect.known()
	d.evidence.begin()
	for at := 0; at < len(t.Losses); at += drift.PieceSize {
		d.bet(t.Losses[at:min(at+drift.PieceSize, len(t.Losses))], p0, near, mean)
	}
	d.latch(t.Limit, n, near)
	d.seen += n
	for at := 0; at < len(t.Losses); at += drift.PieceSize {
		var above, rows int64
		for _, x := range t.Losses[at:min(at+drift.PieceSize, len(t.Losses))] {
			rows++
			if x > p0 {
				above++
			}
		}
		d.effect.add(Outcomes{rows, above})
	}
	return d.detected != before
}

// latch raises or clears the alarm.
func (d *LossDetector) latch(limit float64, losses int64, near float64) {
	// The estimates of the rates hold the mean losses, for the slow estimate.
	d.evidence.errors, d.evidence.labels = d.means, d.weights
	d.Detector.latch(limit, losses, near)
}

// bet adds losses: first their log odds, then the losses to the estimates.
func (d *LossDetector) bet(losses []float64, p0, near, mean float64) {
	n := float64(len(losses))
	for i := range d.evidence.sums {
		if by := d.stake(i, p0, near); by > 0 {
			odds := 0.0
			for _, x := range losses {
				odds += math.Log1p(by * (x - p0))
			}
			leak := (mean - 1) / 2 / (memory[i] + prior*near)
			d.evidence.sums[i] = min(d.evidence.sums[i]+(odds-n*leak)/near, d.threshold+overshoot)
		}
		kept := math.Exp(n * math.Log1p(-1/memory[i]))
		sum, square := 0.0, 0.0
		for _, x := range losses {
			sum += x
			square += x * x
		}
		d.means[i] = d.means[i]*kept + sum
		d.squares[i] = d.squares[i]*kept + square
		d.weights[i] = d.weights[i]*kept + n
	}
}

// stake is the bet of one memory: 0 while its mean loss is not above p0.
func (d *LossDetector) stake(i int, p0, near float64) float64 {
	if p0 >= 1 {
		return 0
	}
	rows := d.weights[i] + prior*near
	m := (d.means[i] + prior*near*p0) / rows
	if m <= p0 {
		return 0
	}
	// The prior has the mean p0 and the variance of as many errors, the largest there is.
	v := max((d.squares[i]+prior*near*p0)/rows-m*m, 0)
	return min((m-p0)/(v+(m-p0)*(m-p0)), 1/(2*p0))
}
