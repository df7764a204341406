package window

import (
	"context"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// shown is the distributions that the last snapshot has of one series. The next snapshot
// has the same, at no cost, while the extent is the same.
type shown struct {
	extent        extent
	distributions *snapshot.Distributions
}

// draft is the distributions of one series while they are made for a snapshot. At first
// they have no null distributions.
type draft struct {
	of            *series
	columns       []snapshot.Distribution // the same distributions, by column
	distributions *snapshot.Distributions
	extent        extent
	reusable      bool // later snapshots may show them
}

// extent is everything that the distributions of a window depend on. Rows are numbered and
// never change, so a window is determined by a range of row numbers.
type extent struct {
	pushed    int64 // number of rows pushed, valid or not
	behind    int64 // the anchor
	low, high int64 // range of the numbers of the rows in the window
	over      bool  // the detectors' open tick is over by the snapshot's clock
}

// extent returns the extent of a snapshot at now, right after the window was counted. It
// reports false when the clock was set back: a window bounded by age is then not a range of
// row numbers.
func (s *series) extent(now time.Time) (extent, bool) {
	low, high := s.scrape.Range()
	return extent{
		pushed: s.pushed, behind: s.behind, low: low, high: high,
		over: len(s.watches) > 0 && s.watches[0].over(now.UnixNano()),
	}, s.age == 0 || s.rows.InOrder()
}

// distributions sets the distributions of a model in a snapshot, and what their detectors have found. If nothing has changed it
// sets those of the last snapshot and returns nil, otherwise it returns the new ones.
func (w *Window) distributions(ctx context.Context, m *snapshot.Model, counts *columns.Counts, s *series, now time.Time) *draft {
	m.EstimateLow = s.estimateLow(now)
	at, reusable := s.extent(now)
	if last := s.shown.Load(); reusable && last != nil && last.extent == at {
		m.Distributions = last.distributions
		return nil
	}
	d := &draft{of: s, extent: at, reusable: reusable}
	if w.options.Alarms {
		d.columns = s.layout.names()
	} else {
		d.columns = s.layout.distributions(counts, s.lastValue)
	}
	if w.options.Blocks && !w.options.Bare {
		s.cut(d.columns, counts.Rows, now)
	}
	s.detect(ctx, d.columns, now)
	d.distributions = s.layout.show(d.columns)
	m.Distributions = d.distributions
	return d
}

// reuse lets later snapshots show these distributions, if they are complete.
func reuse(drafts []*draft) {
	for _, d := range drafts {
		if d.reusable && d.complete() {
			d.of.shown.Store(&shown{d.extent, d.distributions})
		}
	}
}

// complete reports whether no null distribution is missing.
func (d *draft) complete() bool {
	for i := range d.columns {
		if d.columns[i].NullErr != nil {
			return false
		}
	}
	return true
}

// same returns the last part if it equals next, so that an unchanged part keeps its
// pointer. Nil is never equal.
func same[T comparable](last **T, next *T) *T {
	if *last == nil || next == nil || **last != *next {
		*last = next
	}
	return *last
}
