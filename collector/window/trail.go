package window

import (
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

const (
	// mostChanges is the number of changes of one verdict that are kept.
	mostChanges = 20
	// mostTrailPoints bounds what is kept: 16 bytes a distribution and point.
	mostTrailPoints = 10_000
)

// trail keeps how the columns of a watch went. Slices only grow, or are replaced by
// copies of their ends, so snapshots may share them. A nil trail keeps nothing.
type trail struct {
	step    int64 // ns
	points  int
	times   []time.Time
	rows    []int64
	columns []columnTrail
}

// columnTrail is what is kept of one column: as many divergences as there are times.
type columnTrail struct {
	kl      []float64
	changes []snapshot.Change
	// shown is what the last snapshot has, nil when it is out of date.
	shown *snapshot.Trail
}

func newTrail(columns int, step time.Duration, points int) *trail {
	return &trail{step: int64(step), points: points, columns: make([]columnTrail, columns)}
}

// due reports whether a tick that ends then is the first one to end in a new step.
func (t *trail) due(end time.Time) bool {
	return t != nil && (len(t.times) == 0 || end.UnixNano()/t.step != t.times[len(t.times)-1].UnixNano()/t.step)
}

// add adds a point. An empty window has no divergence, and no point.
func (t *trail) add(end time.Time, rows int64, kl func(column int) float64) {
	if rows == 0 {
		return
	}
	if len(t.times) >= 2*t.points {
		t.halve()
	}
	t.times, t.rows = append(t.times, end), append(t.rows, rows)
	for i := range t.columns {
		c := &t.columns[i]
		c.kl, c.shown = append(c.kl, kl(i)), nil
	}
}

// halve drops the older half of the points, in copies.
func (t *trail) halve() {
	t.times, t.rows = slices.Clone(t.times[t.points:]), slices.Clone(t.rows[t.points:])
	for i := range t.columns {
		t.columns[i].kl = slices.Clone(t.columns[i].kl[t.points:])
	}
}

// change adds a change of a column's verdict.
func (t *trail) change(column int, change snapshot.Change) {
	if t == nil {
		return
	}
	c := &t.columns[column]
	if len(c.changes) >= 2*mostChanges {
		c.changes = slices.Clone(c.changes[mostChanges:])
	}
	c.changes, c.shown = append(c.changes, change), nil
}

// show returns the trail of a column, nil when none is kept.
func (t *trail) show(column int) *snapshot.Trail {
	if t == nil {
		return nil
	}
	c := &t.columns[column]
	if c.shown == nil {
		c.shown = &snapshot.Trail{Times: slices.Clip(t.times), Rows: slices.Clip(t.rows), KL: slices.Clip(c.kl), Changes: slices.Clip(c.changes)}
	}
	return c.shown
}

// changeOf is the change of a column's verdict by a tick that ends then, after which the
// window counts these cells.
func (c *column) changeOf(d *drift.Detector, end time.Time, cells []int64, rows int64) snapshot.Change {
	change := snapshot.Change{Time: end, Detected: d.Detected(), Rows: rows}
	if rows > 0 {
		kl := drift.KL(c.cells, cells)
		change.KL = &kl
	}
	return change
}
