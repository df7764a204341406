package replay

import (
	"context"
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// chunk is the number of rows that are read ahead at a time. One read transaction of a prediction
// log has this size.
const chunk = 1000

// late is the maximum number of ticks that a row may be behind the newest one and still count as
// late. Further behind, the clock must have been set back.
const late = 4

// entry is one row with its id and its time in nanoseconds since 1970.
type entry[R any] struct {
	id, time int64
	row      R
}

// fill appends some more entries in the order of their ids. It reports false once it has read to
// the present end.
type fill[R any] func(ctx context.Context, entries []entry[R]) (all []entry[R], more bool, err error)

// stream shows the rows of one table up to a moment, and passes each row on once. The entries
// before served have been passed on. The entries before shown may be passed on.
type stream[R any] struct {
	fill fill[R]
	// clocked says that the stream stops before a row that was written after the clock was set
	// back.
	clocked       bool
	entries       []entry[R]
	served, shown int
	high          int64 // id of the newest row shown, -1 before the first
	newest        int64 // greatest time shown since the clock was set back
}

func newStream[R any](f fill[R], clocked bool) stream[R] {
	return stream[R]{fill: f, clocked: clocked, high: -1, newest: math.MinInt64}
}

// next returns the time of the first row that is not shown yet. It reports false if there is
// none.
func (s *stream[R]) next(ctx context.Context) (time int64, ok bool, err error) {
	if s.shown == len(s.entries) {
		kept := copy(s.entries, s.entries[s.served:])
		clear(s.entries[kept:])
		s.entries, s.served, s.shown = s.entries[:kept], 0, kept
		if s.entries, ok, err = s.fill(ctx, s.entries); !ok || err != nil {
			return 0, false, err
		}
	}
	return s.entries[s.shown].time, true, nil
}

// show shows the rows with a time before the moment. It reports false if limit rows must be
// passed on before more can be shown.
func (s *stream[R]) show(ctx context.Context, moment int64, limit int) (all bool, err error) {
	for {
		if s.shown-s.served >= limit {
			return false, nil
		}
		time, ok, err := s.next(ctx)
		if err != nil || !ok || time >= moment || s.setBack(time) {
			return true, err
		}
		s.newest = max(s.newest, time)
		s.high = s.entries[s.shown].id
		s.shown++
	}
}

// setBack reports whether the stream stops before a row with this time.
func (s *stream[R]) setBack(time int64) bool {
	return s.clocked && s.newest != math.MinInt64 && time/int64(drift.TickLength) < s.newest/int64(drift.TickLength)-late
}

// followClock lets the stream continue with the new time of the clock.
func (s *stream[R]) followClock() { s.newest = math.MinInt64 }

// handOn calls yield with the shown rows whose id is above after and at most upTo. If yield fails
// on a row, that row is the next to be passed on.
func (s *stream[R]) handOn(after, upTo int64, yield func(*R) error) error {
	for ; s.served < s.shown && s.entries[s.served].id <= upTo; s.served++ {
		e := &s.entries[s.served]
		if e.id <= after {
			continue
		}
		if err := yield(&e.row); err != nil {
			return err
		}
	}
	return nil
}
