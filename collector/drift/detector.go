package drift

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// TickLength is the time that one tick of a [Detector] covers.
	TickLength = 15 * time.Second
	// ticksPerMonth is the number of ticks in 30 days.
	ticksPerMonth = float64(30 * 24 * time.Hour / TickLength)
	// certainty is the number of standard errors by which a window's divergence must
	// exceed the tolerance. With 0, changes inside the tolerance raise alarms: a daily
	// cycle of .2 sd raises 940 a month, and 2 with a certainty of 3. In return, a shift
	// of .5 sd is found after 675 s instead of 450.
	certainty = 3
	// quietRows is the number of rows without a sign of drift that end an alarm.
	quietRows = 1000
	// fewest is the minimum effective size, in independent rows, of a window for the
	// window rule.
	fewest = 25
)

// DetectorOptions sets what a [Detector] promises.
type DetectorOptions struct {
	// Tolerance is the divergence in nats up to which drift does not matter, at least 0;
	// usually 0.02, a shift by a fifth of a standard deviation. It is raised to
	// 5 (K-1) / (2 n_ref), because a reference of n_ref rows is not precise enough for
	// less.
	Tolerance float64
	// FalseAlarmsPerMonth is the acceptable number of alarms without drift in 30 days,
	// over all distributions together; above 0, usually 1.
	FalseAlarmsPerMonth float64
	// Distributions is the number of distributions watched together, at least 1:
	// the features of a model, its score and its class. It comes from the
	// configuration, never from traffic.
	Distributions int
}

// setting is the part that a detector shares with its clones. It is immutable.
type setting struct {
	reference    []int64
	rows         int64
	ball         *ball
	probability  float64 // the window rule fires below it
	usual        float64 // it never does up to this value of G
	logThreshold float64 // the evidence rule fires from it on
}

// Detector decides, tick by tick, whether one distribution has drifted, at a bounded rate
// of false alarms. Two rules share the bound, and either one raises the alarm.
//
// The window rule tests the window when it holds at least MinPredictions rows. It fires
// when [GPValue] is below a / (2 F S) and the corrected [KL] exceeds the tolerance by three
// times [StandardError]. Here a is the number of false alarms allowed in a month, F the
// number of distributions, and S = 172,800 the number of ticks in a month. By the union
// bound it uses half of the allowed alarms. It finds drift that lasts a window or longer.
//
// The evidence rule adds up evidence against all distributions within the tolerance, over
// any length of time and any number of rows. It fires when log M reaches ln(2 F S / a). It
// finds drift that is slow or sparse.
//
// The alarm stays until 1,000 rows in succession, counted by whole ticks, show no sign of
// drift: the window rule did not fire, and an estimate with a memory of 1,000 rows was
// within half the tolerance. (Clearing on the window's own divergence was tried: with 105
// rows it flips, or never clears.) Drift that settles between half the tolerance and the
// tolerance keeps an alarm on for hours to days.
//
// Rows that come in batches of similar ones, or depend on earlier rows, carry less
// information than their number suggests. The detector estimates from the rows how many
// times less, the design effect (see DesignEffect). The window rule divides the size of the
// window by it, the evidence rule the evidence of every tick. After few rows, n, it divides
// by 1 + 1024/n times the estimate.
//
// The bound holds for rows that are independent or depend on at most a few hundred rows
// before them. For the window rule these must be without drift, for the evidence rule
// within the tolerance. CALIBRATION.md has the simulations. Dependence over a thousand rows
// or more counts as drift.
//
// A Detector depends on the ticks folded into it alone. It is not safe for concurrent use;
// clones are independent. At K = 12 it takes 1.5 KB at first, 7 KB after 1,000 rows and 14 KB
// after 20,000.
type Detector struct {
	*setting

	evidence evidence
	design   *design // nil in a copy that After made
	effects  effects // by which the next tick is divided
	// estimated are the effects of the rows before the last tick, by which it was judged, without
	// the factor for few rows; seen is the number of rows.
	estimated effects
	seen      int64
	known     bool
	detected  bool
	raised    Rule
	fired     Rule
	quiet     int64
}

// NewDetector returns a detector for a distribution whose reference has these counts by
// bin. An empty reference, and one with a single bin, never raise an alarm. The slice is
// copied.
func NewDetector(reference []int64, o DetectorOptions) *Detector {
	bins, rows := float64(len(reference)), total(reference)
	floored := make([]float64, len(reference))
	for b, r := range reference {
		floored[b] = (float64(r) + 0.5) / (float64(rows) + bins/2)
	}
	tests := 2 * float64(max(o.Distributions, 1)) * ticksPerMonth
	probability := o.FalseAlarmsPerMonth / tests
	d := &Detector{
		setting: &setting{
			reference:    slices.Clone(reference),
			rows:         rows,
			ball:         newBall(floored, max(o.Tolerance, 5*(bins-1)/(2*float64(rows)))),
			probability:  probability,
			usual:        usualG(probability, len(reference)-1),
			logThreshold: math.Log(tests / o.FalseAlarmsPerMonth),
		},
		evidence: newEvidence(len(reference)),
		design:   newDesign(len(reference)),
	}
	d.estimated, d.effects = d.design.effects, d.design.careful()
	return d
}

// Tick is one closed tick.
type Tick struct {
	// Rows are the rows of the tick.
	Rows *Pieces
	// Window has the counts by bin of the whole window at the end of the tick.
	Window []int64
	// Null returns the null distribution for a window of that many independent rows. It is
	// called only when the window holds MinPredictions rows and looks like drift: less than
	// once in a million quiet ticks. The number of rows is the window's effective size.
	Null func(rows int64) (*Null, error)
}

// Tick folds one tick. A tick without rows changes nothing. When Null fails, Tick returns
// its error and the detector is unchanged: the same tick can be folded again.
//
// Cost at K = 10 and 15 rows: 0.6 us in quiet traffic, 5.5 us in drift. It
// allocates only when the design effect first compares blocks of some length.
func (d *Detector) Tick(t Tick) error {
	if d.design != nil {
		d.estimated = d.design.effects
	}
	rows := t.Rows.Rows()
	if rows == 0 {
		return nil
	}
	w, err := d.windowFires(t.Window, t.Null)
	if err != nil {
		return fmt.Errorf("test the window for drift: %w", err)
	}
	d.evidence.begin()
	for piece := range t.Rows.all {
		d.evidence.bet(d.ball, piece, d.logThreshold+overshoot, d.effects)
	}
	d.fired = 0
	if w {
		d.fired |= WindowRule
	}
	if d.evidence.log() >= d.logThreshold {
		d.fired |= EvidenceRule
	}
	d.latch(rows, total(t.Window))
	d.seen += rows
	d.learn(t.Rows)
	return nil
}

// learn updates the design effects, for the next tick, by the rows of this one.
func (d *Detector) learn(rows *Pieces) {
	if d.design == nil {
		return
	}
	for piece := range rows.all {
		d.design.add(piece)
	}
	d.effects = d.design.careful()
}

// latch raises or clears the alarm after a tick of that many rows.
func (d *Detector) latch(rows, window int64) {
	d.known = d.known || window >= MinPredictions || d.fired&EvidenceRule != 0
	if !d.detected {
		if d.fired != 0 {
			d.detected, d.raised, d.quiet = true, d.fired, 0
		}
		return
	}
	if d.fired&WindowRule != 0 || d.evidence.drifting(d.ball, d.effects.mean) >= d.ball.radius/2 {
		d.quiet = 0
		return
	}
	if d.quiet += rows; d.quiet >= quietRows {
		d.detected, d.quiet = false, 0
		d.evidence.forget()
	}
}

// windowFires is the window rule, for the window's effective size. The cheap conditions
// come first: without drift, one window in a million needs the null distribution.
func (d *Detector) windowFires(window []int64, null func(rows int64) (*Null, error)) (bool, error) {
	n := float64(total(window))
	size := n / d.effects.far
	if n < MinPredictions || size < fewest || d.rows == 0 {
		return false, nil
	}
	if boundG(d.ball.center, window, n, size, float64(d.rows)) <= d.usual {
		return false, nil
	}
	g := sizedG(d.reference, window, len(window), size)
	if chiSquaredTail(g, len(window)-1) >= d.probability {
		return false, nil
	}
	kl := sizedKL(d.reference, window, size)
	needed := d.ball.radius + certainty*sizedStandardError(d.reference, window, size)
	if kl <= needed {
		return false, nil
	}
	// The size is rounded to a grid: the exact one changes with every estimate, and each
	// size needs its own null distribution.
	nl, err := null(nullSize(int64(size), total(window)))
	if err != nil {
		return false, err
	}
	if kl-nl.Test(kl, int64(n/d.effects.mean), d.rows).NoiseFloor <= needed {
		return false, nil
	}
	return GPValue(g, len(window), nl.G()) < d.probability, nil
}

// TicksPerMonth is the number of ticks in 30 days.
const TicksPerMonth = ticksPerMonth
