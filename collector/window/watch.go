package window

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// watch folds the rows of one series into a detector for each column, tick by tick. It
// begins at a multiple of the look-back, and its state depends on the rows since then
// alone. A row of a later tick closes the open tick. So does a much older row, because the
// clock was set back. All other rows join the open tick.
type watch struct {
	*detectors

	series *series
	from   int64           // id of the first row
	start  int64           // number of the first row in the ring
	own    *columns.Cursor // counts its windows while they begin at start; nil afterwards

	number  int64             // the open tick, by its number since 1970
	open    bool              // whether a tick is open
	counted int64             // number of the first row that is not in pieces yet
	ahead   []*drift.Detector // copies with the open tick folded, after seen
	aheadOf rowRange          // the rows that are in these copies
}

// rowRange is what the window of a series depends on at the end of a tick: the numbers of its
// rows. Without rows it is no range.
type rowRange struct{ held, next int64 }

// newWatch returns a watch that begins with the next row of a series.
func newWatch(s *series, from int64) *watch {
	w := &watch{
		detectors: newDetectors(s.layout, s.options, s.null),
		series:    s, from: from, start: s.rows.Next(), counted: s.rows.Next(), own: s.rows.NewCursor(s.layout.codes()),
	}
	w.sums = w.windowSums
	return w
}

// before is called before a row with this time is added. It closes the open tick if the row
// does not belong to it. If that fails because a null distribution is missing, the same row
// can be tried again.
func (w *watch) before(ctx context.Context, time int64) error {
	if t := time / tick; w.open && (t > w.number || t < w.number-late) {
		return w.close(ctx)
	}
	return nil
}

// after is called after a row was added.
func (w *watch) after(time int64) {
	if !w.open {
		w.open, w.number = true, time/tick
	}
	if w.series.rows.Next()-w.counted == columns.Slack {
		w.count()
	}
}

// count adds the rows that are not in pieces yet. It adds many at once, column by column,
// and early enough that the ring still has them.
func (w *watch) count() {
	rows := w.series.rows
	for w.counted < rows.Next() {
		at := rows.At(w.counted)
		n := min(rows.Next()-w.counted, rows.Size()-at)
		for i, p := range w.pieces {
			binning := w.series.layout.columns[i].binning
			for _, code := range rows.Column(i)[at : at+n] {
				p.Add(binning.Cell(code))
			}
		}
		w.counted += n
	}
}

// close folds the open tick.
func (w *watch) close(ctx context.Context) error {
	w.count()
	rows := w.window()
	if w.aheadOf == w.present() {
		w.adopt(rows)
	}
	if err := w.detectors.close(ctx, w.end(), rows); err != nil {
		return err
	}
	w.open, w.aheadOf = false, rowRange{}
	return nil
}

// present returns the rows that closing the tick now would fold.
func (w *watch) present() rowRange { return rowRange{w.series.rows.Held(), w.series.rows.Next()} }

// adopt folds the open tick, which the copies have folded with the same rows.
func (w *watch) adopt(rows *columns.Counts) {
	before := make([]bool, len(w.each))
	eachColumn(len(w.each), func(i int) {
		before[i] = w.each[i].Detected()
		w.each[i].Adopt(w.ahead[i], w.pieces[i])
	})
	for i, d := range w.each {
		if d.Detected() != before[i] {
			w.trail.change(i, w.series.layout.columns[i].changeOf(d, w.end(), w.cells(i, rows), rows.Rows))
		}
	}
	w.closed = len(w.each)
}

// columnsAtATime is the number of columns whose work is worth waking another core.
const columnsAtATime = 16

// eachColumn calls work for every column, on several cores if there are many columns.
func eachColumn(columns int, work func(i int)) {
	parts := min(runtime.GOMAXPROCS(0), max(columns/columnsAtATime, 1))
	var others sync.WaitGroup
	for part := range parts {
		do := func() {
			for i := part * columns / parts; i < (part+1)*columns/parts; i++ {
				work(i)
			}
		}
		if part < parts-1 {
			others.Go(do)
		} else {
			do()
		}
	}
	others.Wait()
}

// end is when the open tick ends.
func (w *watch) end() time.Time { return time.Unix(0, (w.number+1)*tick).UTC() }

// window counts the window at the end of the open tick.
func (w *watch) window() *columns.Counts {
	s := w.series
	if w.own != nil && w.start <= s.rows.Held() {
		if s.ticks == nil {
			s.ticks = w.own
		} else {
			s.rows.Drop(w.own)
		}
		w.own = nil
	}
	c := s.ticks
	if w.own != nil {
		c = w.own
	}
	from, until := s.bounds(w.end())
	return c.Window(w.start, from, until)
}

// windowSums adds up the window at the end of the open tick.
func (w *watch) windowSums() tally {
	s, after, until := w.series, int64(math.MinInt64), int64(math.MaxInt64)
	if s.age > 0 {
		after, until = s.bounds(w.end())
	}
	return s.ledger.sum(max(w.from, s.rows.ID(s.rows.Held())), after, until)
}

// over reports whether there is an open tick that has ended at now.
func (w *watch) over(now int64) bool { return w.open && now >= (w.number+1)*tick }

// seen returns the detectors as a scrape at now sees them. If the open tick has ended by
// then, it is folded into copies of the detectors, which are valid until the next call, and
// changed are the changes of verdicts by it, by column. If no more rows come, closing the tick
// takes over the copies.
func (w *watch) seen(ctx context.Context, now int64) (seen []*drift.Detector, changed map[int]snapshot.Change, err error) {
	if !w.over(now) {
		return w.each, nil, nil
	}
	w.count()
	rows := w.window()
	for len(w.ahead) < len(w.each) {
		w.ahead = append(w.ahead, &drift.Detector{})
	}
	w.aheadOf = rowRange{}
	seen, changed = slices.Clone(w.ahead), map[int]snapshot.Change{}
	failed := make([]error, len(seen))
	eachColumn(len(seen), func(i int) {
		if i < w.closed {
			seen[i] = w.each[i]
			return
		}
		failed[i] = w.each[i].After(seen[i], w.tick(ctx, i, rows))
	})
	if err := cmp.Or(failed...); err != nil {
		return nil, nil, err
	}
	for i, d := range w.each {
		if seen[i].Detected() != d.Detected() {
			changed[i] = w.series.layout.columns[i].changeOf(seen[i], w.end(), w.cells(i, rows), rows.Rows)
		}
	}
	if w.closed == 0 {
		w.aheadOf = w.present()
	}
	return seen, changed, nil
}

// estimateLow returns whether the estimate is low as a scrape at now sees it, nil while that is
// unknown, and without detectors.
func (s *series) estimateLow(now time.Time) *snapshot.EstimateLow {
	if len(s.watches) == 0 {
		return nil
	}
	w := s.watches[0]
	if !w.over(now.UnixNano()) {
		return w.estimate.show()
	}
	w.count()
	return w.estimateAfter(w.end(), w.window()).show()
}

// detect sets the state of the detector of every distribution of a series, and its trail.
func (s *series) detect(ctx context.Context, all []snapshot.Distribution, now time.Time) {
	if len(s.watches) == 0 {
		return
	}
	w := s.watches[0]
	seen, changed, err := w.seen(ctx, now.UnixNano())
	if err != nil {
		for i := range all {
			all[i].NullErr = err
		}
		return
	}
	w.show(all, seen, changed)
}
