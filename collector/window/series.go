package window

import (
	"math"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// tick is the unit of the clock by which rows are ordered: UTC-aligned spans of
// 15 seconds.
const tick = int64(15 * time.Second)

// late is how many ticks a row may lie behind the newest one and still count as
// late: it then takes the newest row's time. A row further behind was written
// after the clock was set back, and sets back the reader's.
const late = 4

// clockTolerance is how far in the future of the scrape's clock a row's time
// may lie and still be in a window that is bounded by age. Rows beyond it were
// written under a wrong clock, and count again once the clocks agree.
const clockTolerance = late * time.Duration(tick)

// series is the window of one model and version.
type series struct {
	layout *layout // nil: no reference serves this version, only times are kept
	rows   *ring
	scrape *cursor // what snapshots count

	lookback   int64
	generation int64 // of the newest row: its id by the look-back
	clock      int64 // time of the newest row, or of the one it is late behind

	last   []float64 // newest value of each numeric feature
	lastAt []int64   // and the id of its row
	codes  []uint8   // scratch: the codes of one row
	behind int64     // rows before this id are forgotten
}

func newSeries(l *layout, o *Options) *series {
	s := &series{layout: l, lookback: o.Lookback, generation: -1}
	var codes []int
	if l != nil {
		codes = l.codes()
		s.last = slices.Repeat([]float64{math.NaN()}, l.features)
		s.lastAt = slices.Repeat([]int64{-1}, l.features)
	}
	s.rows = newRing(len(codes), o.Predictions)
	s.scrape = s.rows.newCursor(codes)
	s.codes = make([]uint8, len(codes))
	return s
}

// push adds one row. It reports whether the row's features are a JSON object:
// a row with others is not part of the window.
func (s *series) push(row *predictionlog.Row) bool {
	if s.layout == nil {
		if !isObject(row.Features) {
			return false
		}
	} else if !s.layout.code(row, s.codes, s.last, s.lastAt) {
		return false
	}
	s.rows.add(row.ID, s.tell(row), s.codes)
	return true
}

// tell returns the time of a row: its own, or that of the newest row when it is
// late. So times rise, but where a clock was set back. They begin anew at every
// multiple of the look-back: a reader that starts there tells the same.
func (s *series) tell(row *predictionlog.Row) int64 {
	generation := row.ID / s.lookback
	isLate := row.Time < s.clock && row.Time/tick >= s.clock/tick-late
	if generation != s.generation || !isLate {
		s.generation, s.clock = generation, row.Time
	}
	return s.clock
}

// forget drops the rows with an id before anchor.
func (s *series) forget(anchor int64) {
	s.behind = anchor
	s.rows.forget(anchor)
}

func (s *series) lastTime() int64 { return s.rows.time(s.rows.next - 1) }

func (s *series) lastID() int64 { return s.rows.id(s.rows.next - 1) }

// lastValue returns the newest number of a feature, NaN when there was none
// since the anchor.
func (s *series) lastValue(feature int) float64 {
	if s.lastAt[feature] < s.behind {
		return math.NaN()
	}
	return s.last[feature]
}

// at counts the window that a scrape at now sees.
func (s *series) at(now time.Time, age time.Duration) *counts {
	if age == 0 {
		return s.scrape.window(0, noBound, noBound)
	}
	return s.scrape.window(0, now.Add(-age).UnixNano(), now.Add(clockTolerance).UnixNano())
}
