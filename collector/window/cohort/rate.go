package cohort

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// rate is one detector, and the outcomes of the open tick.
type rate struct {
	detector *risk.Detector
	// losses is the same detector, nil if every loss is 0 or 1.
	losses *risk.LossDetector
	since  time.Time // when the alarm began that is on

	tick         risk.Tick
	open         []float64
	labels       int64
	sum, squares float64
	expected     float64 // sum of the expected losses
}

func newRate(o *Options) *rate {
	if o.Losses {
		l := risk.NewLossDetector(o.Promise)
		return &rate{detector: &l.Detector, losses: l}
	}
	return &rate{detector: risk.NewDetector(o.Promise)}
}

func (r *rate) begin() {
	r.tick.Pieces, r.open = r.tick.Pieces[:0], r.open[:0]
	r.labels, r.sum, r.squares, r.expected = 0, 0, 0, 0
}

// add adds one outcome of the open tick.
func (r *rate) add(loss float64) {
	if r.losses != nil {
		r.open = append(r.open, loss)
	} else {
		if r.labels%drift.PieceSize == 0 {
			r.tick.Pieces = append(r.tick.Pieces, risk.Outcomes{})
		}
		p := &r.tick.Pieces[len(r.tick.Pieces)-1]
		p.Labels++
		if loss > 0 {
			p.Errors++
		}
	}
	r.labels++
	r.sum += loss
	r.squares += loss * loss
}

// fold folds the open tick, which ends then.
func (r *rate) fold(limit float64, end time.Time) {
	changed := false
	if r.losses != nil {
		changed = r.losses.Tick(&risk.LossTick{Limit: limit, Losses: r.open})
	} else {
		r.tick.Limit = limit
		changed = r.detector.Tick(&r.tick)
	}
	if changed {
		r.since = end
	}
}

// show returns the detector's state, nil until it is known.
func (r *rate) show() *snapshot.Rise {
	d := r.detector
	if !d.Known() {
		return nil
	}
	shown := &snapshot.Rise{Detection: snapshot.Detection{Detected: d.Detected(), LogEvidence: d.Evidence(), Threshold: d.Threshold()}}
	if d.Detected() {
		since := r.since
		shown.Since = &since
	}
	return shown
}
