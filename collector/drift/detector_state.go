package drift

// Detected reports whether the alarm is on.
func (d *Detector) Detected() bool { return d.detected }

// Known reports whether Detected has a meaning: once a tick ended with MinPredictions rows
// in its window, or the evidence rule has fired on fewer.
func (d *Detector) Known() bool { return d.known }

// Raised returns the rules that raised the present or last alarm; 0 before the first.
func (d *Detector) Raised() Rule { return d.raised }

// Fired returns the rules that fired at the last tick with rows. While an alarm is on, the
// evidence rule may fire long after the drift is over; that does not prolong the alarm.
func (d *Detector) Fired() Rule { return d.fired }

// LogEvidence returns log M of the evidence rule in nats. It is 0 at the start and after an
// alarm was cleared, may be negative, and is at most Threshold + 5.
func (d *Detector) LogEvidence() float64 { return d.evidence.log() }

// Threshold returns the log evidence in nats from which the evidence rule fires.
func (d *Detector) Threshold() float64 { return d.logThreshold }

// Tolerance returns the divergence in nats up to which drift does not matter for
// this reference.
func (d *Detector) Tolerance() float64 { return d.ball.radius }

// DesignEffect returns the design effect by which the last tick was judged, at least 1: the
// variance of the shares of the rows before it relative to independent rows, in the direction in
// which they vary most. After many rows the window rule divides by it. The evidence rule may divide by less,
// because slow changes do not mislead it. It reports false below MinBlockPredictions rows.
func (d *Detector) DesignEffect() (effect float64, ok bool) {
	return d.estimated.far, d.seen >= MinBlockPredictions
}

// Clone returns an independent copy, which shares the immutable setting. 2 us at
// K = 10.
func (d *Detector) Clone() *Detector {
	c := *d
	c.evidence = d.evidence.clone()
	if d.design != nil {
		c.design = d.design.clone()
	}
	return &c
}

// After makes c a copy of the detector with a tick folded whose rows may not be complete. The
// copy is for reading its state only: it does not learn the design effect. c may be new, or a
// former copy, whose memory it uses again. It takes 0.1 us more than Tick.
func (d *Detector) After(c *Detector, t Tick) error {
	evidence := c.evidence
	*c = *d
	c.evidence, c.design, c.estimated = evidence, nil, d.design.effects
	c.evidence.copy(&d.evidence)
	return c.Tick(t)
}

// Adopt folds the tick that After has folded into c, if that tick is complete. c can then only
// be used for After. It takes 0.2 us instead of a Tick.
func (d *Detector) Adopt(c *Detector, rows *Pieces) {
	design, evidence := d.design, d.evidence
	*d = *c
	d.design, c.evidence = design, evidence
	d.learn(rows)
}
