package window

import (
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// accuracyTrail keeps the accuracy of a feedback window with the first outcome of each step. A nil
// accuracyTrail keeps nothing.
type accuracyTrail struct {
	step   int64 // ns
	points int
	kept   []accuracyPoint // oldest first; it only grows, or is replaced by a copy of its end
}

// accuracyPoint is the window at one time. Oldest is the sequence number of its oldest record, and
// full says that it held as many as it may.
type accuracyPoint struct {
	snapshot.AccuracyPoint

	oldest int64
	full   bool
}

func newAccuracyTrail(step time.Duration, points int) *accuracyTrail {
	if step == 0 {
		return nil
	}
	return &accuracyTrail{step: int64(step), points: points}
}

// note adds a point with an outcome that came then, if it is the first of its step.
func (t *accuracyTrail) note(now int64, f *feedback) {
	if t == nil || len(f.current) == 0 {
		return
	}
	if n := len(t.kept); n > 0 && now/t.step <= t.kept[n-1].Time.UnixNano()/t.step {
		return
	}
	p := accuracyPoint{oldest: f.records[0].seq, full: len(f.current) >= f.limit}
	p.Time, p.Samples = time.Unix(0, now), int64(len(f.current))
	for _, r := range f.records {
		if f.effective(r) && r.predicted == r.actual {
			p.Correct++
		}
	}
	if len(t.kept) >= 2*t.points {
		t.kept = slices.Clone(t.kept[t.points:])
	}
	t.kept = append(t.kept, p)
}

// since returns the points of which a window that was started at anchor knows the same: those that
// hold later outcomes only, and as many as there may be, unless nothing is before the anchor.
func (t *accuracyTrail) since(anchor int64) (points []snapshot.AccuracyPoint) {
	if t == nil {
		return nil
	}
	for _, p := range t.kept {
		if p.oldest >= anchor && (p.full || anchor == 0) {
			points = append(points, p.AccuracyPoint)
		}
	}
	return points
}
