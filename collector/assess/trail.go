package assess

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Trail is how a distribution went until now, oldest first.
type Trail struct {
	Points []Point `json:"points"`
	// Changes are the newest changes of the detector's verdict.
	Changes []Change `json:"changes"`
}

// Point is the window of a distribution at one time.
type Point struct {
	Time        time.Time `json:"time"`
	Predictions int64     `json:"predictions"`
	// KL is what it was then, in nats.
	KL float64 `json:"kl"`
	// Corrected is KL less the noise floor of so many predictions, at least 0; nil when
	// there is no noise floor now, or the window was too small. The floor is the
	// present one, scaled to the size of the window: see drift.Null.Test.
	Corrected *float64 `json:"corrected,omitempty"`
}

// AccuracyPoint is the feedback window at one time.
type AccuracyPoint struct {
	Time    time.Time `json:"time"`
	Samples int64     `json:"samples"`
	// Correct is how many of the Samples were predicted right.
	Correct int64 `json:"correct"`
}

// AccuracyTrailOf returns how the accuracy of a model went, oldest first, nil when nothing is kept
// of that.
func AccuracyTrailOf(m *snapshot.Model) []AccuracyPoint {
	if m.Performance == nil {
		return nil
	}
	var points []AccuracyPoint
	for _, p := range m.Performance.Trail {
		points = append(points, AccuracyPoint(p))
	}
	return points
}

// Change is a change of the detector's verdict.
type Change struct {
	Time     time.Time `json:"time"`
	Detected bool      `json:"detected"`
	// Predictions were in the window then, and KL was its divergence in nats; nil when it
	// was empty.
	Predictions int64    `json:"predictions"`
	KL          *float64 `json:"kl,omitempty"`
}

// TrailOf returns how a distribution went, nil when nothing is kept of that. With the
// verdict of p-values there are no changes: nobody tests between scrapes.
func (j Judgement) TrailOf(d *snapshot.Distribution) *Trail {
	if d.Trail == nil {
		return nil
	}
	t := &Trail{Points: make([]Point, len(d.Trail.Times)), Changes: j.ChangesOf(d)}
	above := make([]float64, len(t.Points))
	for i, at := range d.Trail.Times {
		t.Points[i] = Point{Time: at, Predictions: d.Trail.Rows[i], KL: d.Trail.KL[i]}
		var known bool
		if above[i], known = CorrectedAt(d, i); known {
			t.Points[i].Corrected = &above[i]
		}
	}
	return t
}

// CorrectedAt returns Corrected of point i of a distribution's trail, false where it is nil.
func CorrectedAt(d *snapshot.Distribution, i int) (float64, bool) {
	rows := d.Trail.Rows[i]
	if d.Null == nil || rows < drift.MinPredictions {
		return 0, false
	}
	return max(0, d.Trail.KL[i]-d.Null.NoiseFloor(rows, d.ReferenceTotal)), true
}

// ChangesOf returns the changes of a distribution's verdict, those of its Trail.
func (j Judgement) ChangesOf(d *snapshot.Distribution) []Change {
	if d.Trail == nil || !j.Sequential {
		return []Change{}
	}
	changes := make([]Change, len(d.Trail.Changes))
	for i, c := range d.Trail.Changes {
		changes[i] = Change{c.Time, c.Detected, c.Rows, c.KL}
	}
	return changes
}

// since is when the alarm began that is on, nil when that is not known.
func (j Judgement) since(d *snapshot.Distribution) *time.Time {
	if !j.Sequential || d.Detection == nil || !d.Detection.Detected || d.Trail == nil {
		return nil
	}
	if n := len(d.Trail.Changes); n > 0 && d.Trail.Changes[n-1].Detected {
		return &d.Trail.Changes[n-1].Time
	}
	return nil
}
