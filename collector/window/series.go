package window

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/codes"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// tick is the length of a tick in nanoseconds: 15 seconds, aligned to UTC.
const tick = int64(drift.TickLength)

// late is the number of ticks by which a row may be older than the newest one and count as
// late: it then gets the newest row's time. An even older row was written after the clock
// was set back, and sets back the series' clock too.
const late = 4

// clockTolerance is how far in the future of the scrape's clock a row may be and still be
// in a window that is bounded by age. Rows beyond it were written under a wrong clock, and
// count again once the clocks agree.
const clockTolerance = late * time.Duration(tick)

// series is the window of one model and version.
type series struct {
	layout   *layout // nil: no reference serves this version, only times are kept
	predicts value.Prediction
	rows     *columns.Store
	scrape   *columns.Cursor // counts the window that snapshots show
	shown    atomic.Pointer[shown]
	pushed   int64 // calls of push
	answered int64 // id of the newest row that is no shadow, -1 without one
	age      time.Duration
	ledger   *ledger
	// cohort follows the accuracy; nil without a reference, a detector or snapshots to show it.
	cohort *cohort.Cohort
	// oneKind means that the reference knows the outcomes of all predictions together only.
	oneKind bool
	bins    []uint8 // scratch for the bins of one row; nil unless slices are followed

	maturity time.Duration // --window.maturity
	// parts are the parts of the last snapshot.
	parts struct {
		coverage *snapshot.Coverage
		matured  *snapshot.Matured
		estimate *snapshot.Estimate
		expected *drift.ExpectedError
	}

	lookback int64
	span     int64 // id of the newest row, divided by the look-back
	clock    int64 // time of the newest row, or the later time that a late row got

	// watches are the folds that began with this span and the one before; none without
	// sequential detection. Snapshots show the first. The second replaces it at the next
	// anchor.
	watches []*watch
	options *Options
	ticks   *columns.Cursor // counts the windows of watches that no longer have their own cursor; nil before the first
	null    nullOf

	last   []float64 // newest value of each numeric feature
	lastAt []int64   // id of the row with that value
	codes  []uint8   // scratch for the codes of one row
	kept   *codes.Series
	behind int64 // rows before this id are forgotten
}

func (w *Window) newSeries(l *layout, predicts value.Prediction) *series {
	o := &w.options
	s := &series{
		layout: l, predicts: predicts, options: o, age: o.Duration, lookback: o.Lookback, span: -1, answered: -1, maturity: o.Maturity,
	}
	if l == nil {
		s.rows = columns.New(0, o.Predictions)
		s.ledger = newLedger(s.rows.Timeline)
		s.scrape = s.rows.NewCursor(nil)
		return s
	}
	s.rows = columns.New(l.width(), o.Predictions)
	s.ledger = newLedger(s.rows.Timeline)
	s.scrape = s.rows.NewCursor(l.codes())
	s.codes = make([]uint8, l.width())
	s.last = slices.Repeat([]float64{math.NaN()}, l.features)
	s.lastAt = slices.Repeat([]int64{-1}, l.features)
	s.follow(o)
	s.null = w.nullOf(l)
	return s
}

// push adds one row. It reports whether the row's features are a JSON object; if they are
// not, the row is not part of the window. When it fails because a null distribution is
// missing, nothing is added and the same row can be pushed again.
func (s *series) push(ctx context.Context, row *predictionlog.Row) (valid bool, err error) {
	s.pushed++
	found := false
	if s.layout == nil {
		if predictionlog.InvalidFeatures(row.Features) {
			return false, nil
		}
	} else if found, valid = s.code(row); !valid {
		return false, nil
	}
	span := s.span
	time := s.clamp(row)
	if s.span != span {
		s.beginWatch()
	}
	for _, w := range s.watches {
		if err := w.before(ctx, time); err != nil {
			return true, err
		}
	}
	s.rows.Add(row.ID, time, s.codes)
	if !row.Shadow {
		s.answered = row.ID
	}
	s.ledger.append(s.layout.confidence(s.predicts, row), time)
	if s.layout.predictsPositive(row) {
		s.ledger.predictedPositive()
	}
	s.judge()
	for _, w := range s.watches {
		w.after(time)
	}
	if s.kept != nil {
		s.kept.Add(row.ID, row.Features, s.codes[:s.layout.features], found)
	}
	return true, nil
}

// beginWatch begins a watch with the present span, and ends watches that began before the
// previous span.
func (s *series) beginWatch() {
	if s.layout == nil || s.options.FalseAlarmsPerMonth == 0 {
		return
	}
	s.unwatch((s.span - 1) * s.lookback)
	s.watches = append(s.watches, newWatch(s, s.span*s.lookback))
}

// unwatch ends the watches that began before anchor.
func (s *series) unwatch(anchor int64) {
	for len(s.watches) > 0 && s.watches[0].from < anchor {
		if w := s.watches[0]; w.own != nil {
			s.rows.Drop(w.own)
		}
		s.watches = s.watches[1:]
	}
}

// clamp returns the time of a row: its own, or that of the newest row when it is late. So
// times never decrease, except where the clock was set back. The clock starts again at every
// multiple of the look-back, so that a reader that starts there finds the same times.
func (s *series) clamp(row *predictionlog.Row) int64 {
	span := row.ID / s.lookback
	isLate := row.Time < s.clock && row.Time/tick >= s.clock/tick-late
	if span != s.span || !isLate {
		s.span, s.clock = span, row.Time
	}
	return s.clock
}

// forget drops the rows with an id before anchor.
func (s *series) forget(anchor int64) {
	s.behind = anchor
	s.unwatch(anchor)
	for _, w := range s.watches {
		w.count()
	}
	s.rows.Forget(anchor)
	if s.cohort != nil {
		s.cohort.Forget(s.rows.Search(s.rows.First(), anchor))
	}
	s.ledger.forget(anchor)
	if s.kept != nil {
		s.kept.Settle()
	}
}

func (s *series) lastTime() int64 { return s.rows.Time(s.rows.Next() - 1) }

func (s *series) lastID() int64 { return s.rows.ID(s.rows.Next() - 1) }

// lastValue returns the newest number of a feature, nil if there is none since the anchor.
func (s *series) lastValue(feature int) *float64 {
	value := s.last[feature]
	if s.lastAt[feature] < s.behind || math.IsNaN(value) {
		return nil
	}
	return &value
}

// at counts the window that a scrape at now sees.
func (s *series) at(now time.Time) *columns.Counts {
	from, until := s.bounds(now)
	return s.scrape.Window(0, from, until)
}

// bounds returns the range of times of the window that a scrape at now sees.
func (s *series) bounds(now time.Time) (from, until int64) {
	if s.age == 0 {
		return columns.NoBound, columns.NoBound
	}
	return now.Add(-s.age).UnixNano(), now.Add(clockTolerance).UnixNano()
}
