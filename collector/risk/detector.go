package risk

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

const (
	// quietOutcomes is the number of outcomes without a sign of a higher rate that end an
	// alarm.
	quietOutcomes = 1000
	// quietErrors is the number of standard errors that the slow estimate may be above the
	// reference's rate in quiet traffic, if that is more than half the tolerance.
	quietErrors = 2
)

// Options sets what a [Detector] promises.
type Options struct {
	// Tolerance is the rise of the error rate that does not matter, at least 0.
	Tolerance float64
	// FalseAlarmsPerMonth is the acceptable number of alarms without a rise in 30 days, over
	// all that is watched together; above 0.
	FalseAlarmsPerMonth float64
	// Watched is the number of distributions and rates that are watched together, at least 1.
	Watched int
}

// Threshold returns the evidence in nats from which a detector fires, ln(2 F S / a): a is the
// number of false alarms in a month, F what is watched, and S the number of ticks in a month.
// It is that of [drift.Detector], which uses half of the budget for each of its two rules.
func (o Options) Threshold() float64 {
	return math.Log(2 * float64(max(o.Watched, 1)) * drift.TicksPerMonth / o.FalseAlarmsPerMonth)
}

// Tick is the outcomes of one closed tick.
type Tick struct {
	// Limit is the greatest error rate, 0 to 1, that predictions of this tick may have
	// without any harm, before the tolerance. It may depend on the past, and on what is
	// known of the predictions of the tick, but not on which of them were wrong.
	Limit float64
	// Pieces are the outcomes in the order of their predictions, in pieces of at most
	// drift.PieceSize.
	Pieces []Outcomes
}

// Outcomes counts predictions with an outcome, and the wrong ones among them.
type Outcomes struct{ Labels, Errors int64 }

// Labels returns the number of outcomes of a tick.
func (t *Tick) Labels() (n int64) {
	for _, p := range t.Pieces {
		n += p.Labels
	}
	return n
}

// Detector decides, tick by tick, whether the error rate has risen above a limit by more than
// the tolerance, at a bounded rate of false alarms.
//
// The hypothesis is that each prediction is wrong with a probability of at most p0 = limit +
// tolerance, given all that came before. The probability may differ from one to the next.
// Then, for any q >= p0 that depends on the past only, e errors in n outcomes have
//
//	E[(q/p0)^e ((1-q)/(1-p0))^(n-e)] <= 1,
//
// since the expectation rises with each probability and is 1 at p0. The logarithms add up as
// in Page's CUSUM, which begins again at each tick in which it is below 0. Each of the three
// memories has its own q, and the evidence is the logarithm of the mean of their exponentials:
// an e-detector [1]. It reaches the threshold ln(1/a) at most once in 1/a ticks on average.
//
// If the predictions of a tick have different limits, the same bound holds with their mean as
// the limit: a product of 1 + x_i is at most exp(sum x_i), and the sum is at most 0.
//
// Errors that come in batches carry less information. The evidence is divided by the design
// effect, which is estimated from the past, and the part that comes from estimating q from
// outcomes that the next ones depend on is subtracted.
//
// The alarm stays until 1,000 outcomes in succession, counted by whole ticks, show no sign of
// a rise: an estimate with a memory of 1,000 outcomes is at most half the tolerance above the
// limit, or two of its standard errors if these are more.
//
// A Detector depends on the ticks folded into it alone. It is not safe for concurrent use. It
// takes 1 KB.
//
// [1] Shin, J.; Ramdas, A.; Rinaldo, A. (2024). "E-detectors: A Nonparametric Framework for
// Sequential Change Detection". New England Journal of Statistics in Data Science 2 (2):
// 229-260.
type Detector struct {
	options   Options
	threshold float64
	evidence  evidence
	effect    effect
	seen      int64
	detected  bool
	// quiet counts outcomes in succession without a sign of a rise, below those at which the
	// slow estimate is at most the limit itself.
	quiet, below int64
}

// NewDetector returns a detector before the first outcome.
func NewDetector(o Options) *Detector {
	return &Detector{options: o, threshold: o.Threshold()}
}

// Tick folds one tick and reports whether the alarm began or ended with it. A tick without
// outcomes changes nothing. 0.5 us for 15 outcomes, no allocation.
func (d *Detector) Tick(t *Tick) (changed bool) {
	n := t.Labels()
	if n == 0 {
		return false
	}
	before, p0 := d.detected, t.Limit+d.options.Tolerance
	near, mean := d.effect.careful(), d.effect.known()
	d.evidence.begin()
	for _, p := range t.Pieces {
		d.evidence.bet(p, p0, d.threshold+overshoot, near, mean)
	}
	d.latch(t.Limit, n, near)
	d.seen += n
	for _, p := range t.Pieces {
		if p.Labels > 0 {
			d.effect.add(p)
		}
	}
	return d.detected != before
}

// latch raises or clears the alarm after a tick of that many outcomes.
func (d *Detector) latch(limit float64, labels int64, near float64) {
	rate := d.evidence.slow(limit, near)
	if d.below += labels; rate > limit {
		d.below = 0
	}
	if d.quiet += labels; rate > limit+d.calm(limit, near) {
		d.quiet = 0
	}
	switch {
	case !d.detected && d.evidence.log() >= d.threshold:
		d.detected, d.quiet = true, 0
	case d.detected && d.quiet >= quietOutcomes:
		d.detected = false
		d.evidence.forget()
	}
}

// calm is how far the slow estimate may be above the limit in quiet traffic. An exponential
// memory of M has the weight of 2 M outcomes.
func (d *Detector) calm(limit, near float64) float64 {
	return max(d.options.Tolerance/2, quietErrors*math.Sqrt(limit*(1-limit)*near/(2*memory[slow])))
}

// Detected reports whether the alarm is on.
func (d *Detector) Detected() bool { return d.detected }

// Known reports whether Detected has a meaning: from drift.MinPredictions outcomes on, or
// earlier if the alarm is on.
func (d *Detector) Known() bool { return d.detected || d.seen >= drift.MinPredictions }

// Recovered reports whether an estimate with a memory of 1,000 outcomes was at most the limit,
// without the tolerance, at the last 1,000 outcomes in succession.
func (d *Detector) Recovered() bool { return d.below >= quietOutcomes }

// Seen returns the number of outcomes.
func (d *Detector) Seen() int64 { return d.seen }

// Evidence returns the evidence in nats. It is 0 at the start and after an alarm was cleared,
// may be negative, and is at most Threshold + 5.
func (d *Detector) Evidence() float64 { return d.evidence.log() }

// Threshold returns the evidence in nats from which the detector fires.
func (d *Detector) Threshold() float64 { return d.threshold }

// Effect returns the design effect by which the next evidence is divided, at least 1.
func (d *Detector) Effect() float64 {
	return d.effect.careful()
}
