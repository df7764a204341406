package window

import (
	"context"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// detectors fold ticks into a detector for each column of a layout, and keep how the columns went.
type detectors struct {
	layout *layout
	null   nullOf
	pieces []*drift.Pieces // rows of the open tick, by column
	closed int             // number of columns that have folded the open tick
	each   []*drift.Detector
	trail  *trail    // nil: nobody asks
	counts [][]int64 // scratch for a window by cell, by column

	estimate  estimateLow
	tolerance float64      // of accuracy
	sums      func() tally // adds up the window at the end of the open tick
}

// nullOf returns the null distribution of a column for windows of a number of rows.
type nullOf func(ctx context.Context, c *column, rows int64) (*drift.Null, error)

// newDetectors returns detectors that have seen nothing. Their owner sets sums.
func newDetectors(l *layout, o *Options, null nullOf) *detectors {
	d := &detectors{layout: l, null: null, tolerance: o.AccuracyTolerance}
	promise := l.promise(o)
	for i := range l.columns {
		cells := l.columns[i].cells
		d.pieces = append(d.pieces, drift.NewPieces(len(cells)))
		d.each = append(d.each, drift.NewDetector(cells, promise))
		d.counts = append(d.counts, make([]int64, len(cells)))
	}
	if o.TrailStep > 0 {
		d.trail = newTrail(len(d.each), o.TrailStep, o.TrailPoints)
	}
	return d
}

// promise says what the detectors of a layout tolerate and promise.
func (l *layout) promise(o *Options) drift.DetectorOptions {
	return drift.DetectorOptions{Tolerance: o.Tolerance, FalseAlarmsPerMonth: o.FalseAlarmsPerMonth, Distributions: l.watched()}
}

// close folds the rows that are in pieces, as a tick that ends then, after which the window has
// these rows. If a null distribution is missing, the same tick can be closed again.
func (d *detectors) close(ctx context.Context, end time.Time, rows *columns.Counts) error {
	for ; d.closed < len(d.each); d.closed++ {
		one := d.each[d.closed]
		before, tick := one.Detected(), d.tick(ctx, d.closed, rows)
		if err := one.Tick(tick); err != nil {
			return err
		}
		if one.Detected() != before {
			d.trail.change(d.closed, d.layout.columns[d.closed].changeOf(one, end, tick.Window, rows.Rows))
		}
	}
	if d.trail.due(end) {
		d.trail.add(end, rows.Rows, func(i int) float64 { return drift.KL(d.layout.columns[i].cells, d.cells(i, rows)) })
	}
	d.estimate = d.estimateAfter(end, rows)
	for _, p := range d.pieces {
		p.Reset()
	}
	d.closed = 0
	return nil
}

// cells counts a column's window by cell. It is valid until the next call for the column.
func (d *detectors) cells(i int, rows *columns.Counts) []int64 {
	cells := d.counts[i]
	clear(cells)
	d.layout.columns[i].binning.Fold(rows.Fine[i], cells)
	return cells
}

// tick returns the open tick of one column.
func (d *detectors) tick(ctx context.Context, i int, rows *columns.Counts) drift.Tick {
	c := &d.layout.columns[i]
	return drift.Tick{
		Rows:   d.pieces[i],
		Window: d.cells(i, rows),
		Null: func(rows int64) (*drift.Null, error) {
			// The effective size of dependent rows may be below the smallest null
			// distribution; then the smallest one is scaled.
			return d.null(ctx, c, max(rows, drift.MinPredictions))
		},
	}
}

// show sets the state of the detector of every distribution, and its trail. seen are the detectors
// as they are shown, and changed the changes of verdicts that are not in the trail, by column.
func (d *detectors) show(all []snapshot.Distribution, seen []*drift.Detector, changed map[int]snapshot.Change) {
	for i := range all {
		shown := &all[i]
		if effect, ok := seen[i].DesignEffect(); ok {
			shown.DesignEffect = &effect
		}
		if seen[i].Known() {
			shown.Detection = &snapshot.Detection{
				Detected:    seen[i].Detected(),
				LogEvidence: seen[i].LogEvidence(),
				Threshold:   seen[i].Threshold(),
			}
		}
		shown.Trail = d.trail.show(i)
		if change, ok := changed[i]; ok && shown.Trail != nil {
			with := *shown.Trail
			with.Changes = append(with.Changes, change) // it is clipped: this copies
			shown.Trail = &with
		}
	}
}
