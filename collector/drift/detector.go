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
	// ticksPerMonth is their number in 30 days.
	ticksPerMonth = float64(30 * 24 * time.Hour / TickLength)
	// certainty is by how many standard errors a window's divergence must exceed
	// the tolerance. With 0 everything that wanders inside the tolerance gives
	// alarms: a daily cycle of .2 sd 940 a month, with 3 it gives 2. The price:
	// a shift of .5 sd is found after 675 s instead of 450.
	certainty = 3
	// quietRows is the number of rows without a sign of drift that end an alarm.
	quietRows = 1000
	// fewest is the number of independent rows that a window must be worth for rule
	// W.
	fewest = 25
)

// DetectorOptions sets what a [Detector] promises.
type DetectorOptions struct {
	// Tolerance is the divergence in nats up to which drift does not matter, at
	// least 0; usually 0.02, a shift by a fifth of a standard deviation. It is
	// raised to 5 (K-1) / (2 n_ref), below which a reference of n_ref rows does
	// not describe what is normal well enough.
	Tolerance float64
	// FalseAlarmsPerMonth is how many alarms without drift are acceptable in 30
	// days, over all distributions together; above 0, usually 1.
	FalseAlarmsPerMonth float64
	// Distributions is the number of distributions watched together, at least 1:
	// the features of a model, its score and its class. It comes from the
	// configuration, never from traffic.
	Distributions int
}

// setting is what a detector and its clones share. Immutable.
type setting struct {
	reference    []int64
	rows         int64
	ball         *ball
	probability  float64 // below it, rule W fires
	logThreshold float64 // from it on, rule E fires
}

// Detector says of one distribution whether it has drifted, tick by tick, with a
// promised number of false alarms. Two rules share the promise; either one
// raises the alarm:
//
// Rule W looks at the window, when it holds at least MinPredictions: it fires
// when [GPValue] is below a / (2 F S) and the corrected [KL] exceeds the
// tolerance by three times [StandardError]. Here a is the number of false alarms
// allowed in a month, F that of distributions, S = 172,800 that of ticks in a
// month. By the union bound it uses up half the promise, for drift of a
// window's length and more.
//
// Rule E adds up evidence against all distributions within the tolerance, over
// any time and however few rows there are; it fires when log M reaches
// ln(2 F S / a). It finds what is slow or sparse.
//
// The alarm stays until 1,000 rows in a row, counted by whole ticks, brought no
// sign of drift: rule W did not fire, and an estimate with a memory of 1,000
// rows was within half the tolerance. (Clearing on the window's own divergence
// was tried: with 105 rows it flips, or never clears.) Drift that settles between
// half the tolerance and the tolerance keeps an alarm on, for hours to days.
//
// Rows that come in batches of alike ones, or depend on those before, say less than
// their number. The detector learns the design effect, of how many times less, from
// the rows themselves (see DesignEffect): rule W takes the window for as many times
// smaller, rule E divides the evidence of every tick by it. As long as it has seen
// few rows, n, it divides by 1 + 1024/n times as much.
//
// The promise holds for rows without drift for W, and for rows from anywhere within
// the tolerance for E, that are independent or depend on rows up to a few hundred
// before them. CALIBRATION.md says what was tried. What lasts for a thousand rows is
// drift.
//
// A Detector is a pure function of the ticks folded into it. It is not safe for
// concurrent use; clones are independent. 1,800 floats at K = 10.
type Detector struct {
	*setting

	evidence evidence
	design   *design // nil: it learns no more
	effects  effects // by which the next tick is judged
	// estimated are the effects without what is added as long as few rows were seen;
	// seen is their number.
	estimated effects
	seen      int64
	known     bool
	detected  bool
	raised    Rule
	fired     Rule
	quiet     int64
}

// NewDetector returns a detector for distributions of normal counts reference by
// exported bin. An empty reference, and one of a single bin, never raise an
// alarm. The slice is copied.
func NewDetector(reference []int64, o DetectorOptions) *Detector {
	bins, rows := float64(len(reference)), total(reference)
	floored := make([]float64, len(reference))
	for b, r := range reference {
		floored[b] = (float64(r) + 0.5) / (float64(rows) + bins/2)
	}
	tests := 2 * float64(max(o.Distributions, 1)) * ticksPerMonth
	d := &Detector{
		setting: &setting{
			reference:    slices.Clone(reference),
			rows:         rows,
			ball:         newBall(floored, max(o.Tolerance, 5*(bins-1)/(2*float64(rows)))),
			probability:  o.FalseAlarmsPerMonth / tests,
			logThreshold: math.Log(tests / o.FalseAlarmsPerMonth),
		},
		evidence: newEvidence(len(reference)),
		design:   newDesign(len(reference)),
	}
	d.estimated, d.effects = d.design.effects, d.design.careful()
	return d
}

// Tick is what one closed tick brought.
type Tick struct {
	// Rows are the tick's own.
	Rows *Pieces
	// Window holds the counts by exported bin of the whole window at the tick's
	// end.
	Window []int64
	// Null returns the null distribution for a window of that many rows: as many
	// independent ones as the window is worth, at least MinPredictions. It is asked
	// for only when the window holds MinPredictions and looks like drift: less than
	// once in a million quiet ticks.
	Null func(rows int64) (*Null, error)
}

// Tick folds one tick. A tick without rows changes nothing. When the null is
// asked for and fails, Tick returns that error and the detector is as it was: the
// same tick can be folded again.
//
// Cost at K = 10 and 15 rows: 1.5 us in quiet traffic, 6.6 us in drift; no
// allocation.
func (d *Detector) Tick(t Tick) error {
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

// learn takes the design effects of the rows up to this tick for the next one.
func (d *Detector) learn(rows *Pieces) {
	if d.design == nil {
		return
	}
	for piece := range rows.all {
		d.design.add(piece)
	}
	d.estimated, d.effects = d.design.effects, d.design.careful()
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

// windowFires is rule W, for the number of independent rows that the window is
// worth. The cheap conditions come first: the null is needed for one window in a
// million unless there is drift.
func (d *Detector) windowFires(window []int64, null func(rows int64) (*Null, error)) (bool, error) {
	n := float64(total(window))
	size := n / d.effects.far
	if n < MinPredictions || size < fewest || d.rows == 0 {
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
	// A size of the grid, because the exact one changes with every estimate and each
	// has a null to draw.
	nl, err := null(nullSize(int64(size), total(window)))
	if err != nil {
		return false, err
	}
	if kl-nl.Test(kl, int64(n/d.effects.mean), d.rows).NoiseFloor <= needed {
		return false, nil
	}
	return GPValue(g, len(window), nl.G()) < d.probability, nil
}
