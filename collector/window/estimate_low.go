package window

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// estimateLow follows from tick to tick whether the estimate of a window is low. It begins when all
// of the 95 % interval is worse than the reference by more than the tolerance. It ends after 1,000
// predictions in succession with an estimate that is worse by less than half the tolerance, or by no
// more than half the width of the interval. Windows of fewer than drift.MinPredictions change nothing.
type estimateLow struct {
	known bool
	low   bool
	since time.Time
	calm  int64 // predictions since the estimate was last worse than that
}

// recoveredRows is the number of predictions that end a low estimate, as many as end an alarm.
const recoveredRows = 1000

// after returns the state after a tick of that many rows, which ends then with a window of size rows.
func (l estimateLow) after(s snapshot.Shortfall, tolerance float64, end time.Time, rows, size int64) estimateLow {
	if size < drift.MinPredictions {
		return l
	}
	l.known = true
	if l.calm += rows; s.Value > max(tolerance/2, s.Band) {
		l.calm = 0
	}
	switch {
	case !l.low && s.Low(tolerance):
		l.low, l.since = true, end
	case l.low && l.calm >= recoveredRows:
		l.low = false
	}
	return l
}

// show returns the state for a snapshot, nil while it is unknown.
func (l estimateLow) show() *snapshot.EstimateLow {
	if !l.known {
		return nil
	}
	shown := &snapshot.EstimateLow{Low: l.low}
	if l.low {
		shown.Since = &l.since
	}
	return shown
}

// estimateAfter returns whether the estimate is low after the open tick, which ends then with a
// window of these rows.
func (d *detectors) estimateAfter(end time.Time, rows *columns.Counts) estimateLow {
	l := d.layout
	s, ok := snapshot.ShortfallOf(l.reference, l.windowEstimate(rows, d.sums), l.windowError(rows))
	if !ok {
		return d.estimate
	}
	return d.estimate.after(s, d.tolerance, end, d.pieces[0].Rows(), rows.Rows)
}
