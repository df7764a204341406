package window

import (
	"math"
	"slices"
	"sort"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// clockTolerance is how far in the future of the scrape's clock a row's time
// may lie and still be in a window that is bounded by age. Rows beyond it were
// written under a wrong clock, and count again once the clocks agree.
const clockTolerance = time.Minute

// noBound as both limits of counted means: whatever their time.
const noBound = math.MinInt64

// series is the window of one model and version: the newest rows as columns of
// codes in a ring, and how many of each code lie in the counted range.
//
// Rows are numbered from 0 in the order they came; row i lives at i modulo the
// ring's size. Rows first .. next-1 are held, rows low .. high-1 are counted.
type series struct {
	layout *layout // nil: no reference serves this version, only times are kept
	limit  int64   // rows held at most, 0: no bound
	codes  [][]uint8
	ids    []int64
	times  []int64

	first, next int64
	low, high   int64
	fine        [][]int64
	// backward counts the held rows whose time is before that of the row ahead
	// of them. Times then cannot be searched by halving.
	backward int64

	last   []float64 // newest value of each numeric feature
	lastAt []int64   // and the id of its row
	values []uint8   // scratch: the codes of one row
	behind int64     // rows before this id are forgotten
}

func newSeries(l *layout, limit int) *series {
	r := &series{layout: l, limit: int64(limit)}
	if l == nil {
		return r
	}
	r.codes = make([][]uint8, len(l.columns))
	r.fine = make([][]int64, len(l.columns))
	for i := range l.columns {
		r.fine[i] = make([]int64, l.columns[i].binning.Codes())
	}
	r.values = make([]uint8, len(l.columns))
	r.last = slices.Repeat([]float64{math.NaN()}, l.features)
	r.lastAt = slices.Repeat([]int64{-1}, l.features)
	return r
}

// push adds one row. It reports whether the row's features are a JSON object:
// a row with others is not part of the window.
func (r *series) push(row *predictionlog.Row) bool {
	if r.layout == nil {
		if !isObject(row.Features) {
			return false
		}
	} else if !r.layout.code(row, r.values, r.last, r.lastAt) {
		return false
	}
	r.add(row.ID, row.Time)
	return true
}

// add appends the row whose codes are in values.
func (r *series) add(id, time int64) {
	if r.limit > 0 && r.next-r.first == r.limit {
		r.evict()
	}
	if r.next-r.first == int64(len(r.times)) {
		r.grow()
	}
	at := r.next % int64(len(r.times))
	for i := range r.codes {
		r.codes[i][at] = r.values[i]
	}
	r.ids[at], r.times[at] = id, time
	if r.next > r.first && time < r.time(r.next-1) {
		r.backward++
	}
	r.next++
}

// evict drops the oldest held row.
func (r *series) evict() {
	if r.low == r.first && r.low < r.high {
		r.tally(r.low, -1)
		r.low++
	}
	if r.first+1 < r.next && r.time(r.first+1) < r.time(r.first) {
		r.backward--
	}
	r.first++
	r.low, r.high = max(r.low, r.first), max(r.high, r.first)
}

// forget drops the rows with an id before anchor.
func (r *series) forget(anchor int64) {
	r.behind = anchor
	for r.first < r.next && r.ids[r.first%int64(len(r.ids))] < anchor {
		r.evict()
	}
}

func (r *series) empty() bool { return r.first == r.next }

// grow doubles the ring, up to the limit.
func (r *series) grow() {
	size := max(1024, 2*int64(len(r.times)))
	if r.limit > 0 {
		size = min(size, r.limit)
	}
	ids, times := make([]int64, size), make([]int64, size)
	old := int64(len(r.times))
	for i := r.first; i < r.next; i++ {
		ids[i%size], times[i%size] = r.ids[i%old], r.times[i%old]
	}
	for c := range r.codes {
		column := make([]uint8, size)
		for i := r.first; i < r.next; i++ {
			column[i%size] = r.codes[c][i%old]
		}
		r.codes[c] = column
	}
	r.ids, r.times = ids, times
}

func (r *series) time(i int64) int64 { return r.times[i%int64(len(r.times))] }

func (r *series) lastTime() int64 { return r.time(r.next - 1) }

func (r *series) lastID() int64 { return r.ids[(r.next-1)%int64(len(r.ids))] }

// lastValue returns the newest number of a feature, NaN when there was none
// since the anchor.
func (r *series) lastValue(feature int) float64 {
	if r.lastAt[feature] < r.behind {
		return math.NaN()
	}
	return r.last[feature]
}

// tally adds by to the count of every code of row i.
func (r *series) tally(i, by int64) {
	at := i % int64(len(r.times))
	for c, column := range r.codes {
		r.fine[c][column[at]] += by
	}
}

// counts is how many rows of each fine code, by column, lie in a window.
type counts struct {
	rows   int64
	oldest int64 // time of the oldest row
	fine   [][]int64
}

// counted returns the counts of the held rows with from < time <= until, of all
// held rows when both are noBound. The result is valid until the next call of
// any method.
func (r *series) counted(from, until int64) *counts {
	if from != noBound && r.backward > 0 {
		return r.recounted(from, until)
	}
	low, high := r.first, r.next
	if from != noBound {
		held := int(r.next - r.first)
		after := func(t int64) int64 {
			return r.first + int64(sort.Search(held, func(i int) bool { return r.time(r.first+int64(i)) > t }))
		}
		low, high = after(from), after(until)
	}
	r.count(low, high)
	c := &counts{rows: high - low, fine: r.fine}
	if c.rows > 0 {
		c.oldest = r.time(low)
	}
	return c
}

// count moves the counted range to low .. high-1, row by row where it overlaps.
func (r *series) count(low, high int64) {
	if low >= r.high || high <= r.low {
		for _, f := range r.fine {
			clear(f)
		}
		r.low, r.high = low, low
	}
	for ; r.low < low; r.low++ {
		r.tally(r.low, -1)
	}
	for r.low > low {
		r.low--
		r.tally(r.low, 1)
	}
	for r.high > high {
		r.high--
		r.tally(r.high, -1)
	}
	for ; r.high < high; r.high++ {
		r.tally(r.high, 1)
	}
}

// recounted is counted for a ring in which a clock was set back: times are not
// in order, so every held row is looked at.
func (r *series) recounted(from, until int64) *counts {
	c := &counts{fine: make([][]int64, len(r.codes))}
	for i := range r.codes {
		c.fine[i] = make([]int64, len(r.fine[i]))
	}
	for i := r.first; i < r.next; i++ {
		t := r.time(i)
		if t <= from || t > until {
			continue
		}
		if c.rows == 0 || t < c.oldest {
			c.oldest = t
		}
		c.rows++
		at := i % int64(len(r.times))
		for column := range r.codes {
			c.fine[column][r.codes[column][at]]++
		}
	}
	return c
}
