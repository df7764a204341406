package window

import (
	"context"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// view is what a snapshot shows of the distributions of one series. The next one
// shows the same, at no cost, while it looks at the same.
type view struct {
	of            *series
	at            sight
	distributions []Distribution
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

// look gives a model of a snapshot its distributions: those of the last view when
// nothing has changed, else new ones, which lack their nulls.
func (w *Window) look(ctx context.Context, m *Model, counts *columns.Counts, s *series, now time.Time) {
	at, told := s.sight(now)
	if last := s.view.Load(); told && last != nil && last.at == at {
		s.layout.show(m, last.distributions)
		return
	}
	s.layout.show(m, s.layout.distributions(counts, s))
	if w.options.Blocks && !w.options.Bare {
		s.cut(m, counts.Rows, now)
	}
	s.detect(ctx, m, now)
	m.fresh = true
	if told {
		m.view = &view{of: s, at: at, distributions: m.distributions}
	}
}

// keepViews lets the snapshots to come show what this one shows, where it lacks
// nothing.
func keepViews(s *Snapshot) {
	for i := range s.Models {
		m := &s.Models[i]
		if v := m.view; v != nil && v.whole() {
			v.of.view.Store(v)
		}
		m.view = nil // a snapshot may live longer than the series
	}
}

func (v *view) whole() bool {
	for i := range v.distributions {
		if v.distributions[i].NullErr != nil {
			return false
		}
	}
	return true
}

// SameDistributions reports whether a model of another snapshot has the very same
// distributions, nulls and detections included. False says nothing.
func (m *Model) SameDistributions(o *Model) bool {
	if len(m.Features) != len(o.Features) || m.Score != o.Score || m.Class != o.Class {
		return false
	}
	return len(m.Features) == 0 || &m.Features[0] == &o.Features[0]
}

// SamePerformance reports whether a model of another snapshot of the same Window has
// the very same outcomes in its feedback window. False says nothing.
func (m *Model) SamePerformance(o *Model) bool { return m.counted == o.counted }
