package drift

// Detected reports whether the alarm is on.
func (d *Detector) Detected() bool { return d.detected }

// Known reports whether Detected is worth telling: once a tick ended with
// MinPredictions in its window, or rule E has fired on fewer.
func (d *Detector) Known() bool { return d.known }

// Raised returns the rules that raised the present alarm, or the last one; 0
// before the first.
func (d *Detector) Raised() Rule { return d.raised }

// Fired returns the rules that fired at the last tick with rows. While an alarm
// is on rule E may do so long after the drift is over; it does not prolong the
// alarm.
func (d *Detector) Fired() Rule { return d.fired }

// LogEvidence returns log M of rule E in nats, 0 at the start and after an alarm
// was cleared, at most Threshold + 5; it may be negative.
func (d *Detector) LogEvidence() float64 { return d.evidence.log() }

// Threshold returns the log evidence in nats from which on rule E fires.
func (d *Detector) Threshold() float64 { return d.logThreshold }

// Tolerance returns the divergence in nats up to which drift does not matter for
// this reference.
func (d *Detector) Tolerance() float64 { return d.ball.radius }

// DesignEffect returns the design effect of the rows so far, at least 1: how many
// times as much their shares vary, in the direction in which they vary most, as
// those of independent rows would. It is what rule W divides by when it has seen
// many rows; rule E, which need not mind what changes slowly, may divide by less.
// It reports false below MinBlockPredictions rows.
func (d *Detector) DesignEffect() (effect float64, ok bool) {
	return d.estimated.far, d.seen >= MinBlockPredictions
}

// Clone returns an independent copy. It shares what never changes. 1,800 floats at K
// = 10: 2 us.
func (d *Detector) Clone() *Detector {
	c := *d
	c.evidence = d.evidence.clone()
	if d.design != nil {
		c.design = d.design.clone()
	}
	return &c
}

// After returns what the detector will say after a tick whose rows still come in.
// It is there to be asked: it does not learn the design effect from what is folded
// into it. 0.2 us more than Tick.
func (d *Detector) After(t Tick) (*Detector, error) {
	c := *d
	c.evidence, c.design = d.evidence.clone(), nil
	return &c, c.Tick(t)
}
