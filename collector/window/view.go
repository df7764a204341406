package window

import (
	"context"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// view is what a snapshot shows of the distributions of one series. The next one
// shows the same, at no cost, while it looks at the same.
type view struct {
	at    sight
	shown *snapshot.Distributions
}

// draft is the distributions of one series while they are made for a snapshot: they
// lack their nulls at first.
type draft struct {
	of      *series
	columns []snapshot.Distribution // those of shown, by column
	shown   *snapshot.Distributions
	at      sight
	lasting bool // the snapshots to come may show them
}

// sight is all that a view depends on: rows are numbered, never change and lie in
// a view by number, or by their time when that says which numbers.
type sight struct {
	pushed    int64 // rows that came, whatever became of them
	behind    int64 // the anchor
	low, high int64 // numbers of the rows in the window
	over      bool  // the detectors' open tick is over by the snapshot's clock
}

// sight returns what a snapshot at now looks at, right after the window was counted.
// It reports false where a clock was set back: then no range of numbers says
// which rows lie in a window by time.
func (s *series) sight(now time.Time) (sight, bool) {
	low, high := s.scrape.Range()
	return sight{
		pushed: s.pushed, behind: s.behind, low: low, high: high,
		over: len(s.watches) > 0 && s.watches[0].over(now.UnixNano()),
	}, s.age == 0 || s.rows.InOrder()
}

// distributions gives a model of a snapshot its distributions: those of the last view
// when nothing has changed, and nil; else new ones, which it returns as well.
func (w *Window) distributions(ctx context.Context, m *snapshot.Model, counts *columns.Counts, s *series, now time.Time) *draft {
	at, lasting := s.sight(now)
	if last := s.view.Load(); lasting && last != nil && last.at == at {
		m.Distributions = last.shown
		return nil
	}
	d := &draft{of: s, columns: s.layout.distributions(counts, s), at: at, lasting: lasting}
	if w.options.Blocks && !w.options.Bare {
		s.cut(d.columns, counts.Rows, now)
	}
	s.detect(ctx, d.columns, now)
	d.shown = s.layout.show(d.columns)
	m.Distributions = d.shown
	return d
}

// keepViews lets the snapshots to come show what this one shows, where it lacks
// nothing.
func keepViews(drafts []*draft) {
	for _, d := range drafts {
		if d.lasting && d.whole() {
			d.of.view.Store(&view{d.at, d.shown})
		}
	}
}

func (d *draft) whole() bool {
	for i := range d.columns {
		if d.columns[i].NullErr != nil {
			return false
		}
	}
	return true
}

// same returns last when it says the same as next: what has not changed stays the same
// part of a snapshot. Nil says nothing.
func same[T comparable](last **T, next *T) *T {
	if *last == nil || next == nil || **last != *next {
		*last = next
	}
	return *last
}
