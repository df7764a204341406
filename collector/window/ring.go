package window

import (
	"math"
	"slices"
	"sort"
)

// ring holds the newest rows of one model and version as columns of one-byte
// codes. Rows are numbered as in the timeline; row i lives at i modulo the ring's
// size, and rows first .. next-1 are held. Some rows before these are still there:
// what counted them gives them up many at once, column by column, which takes a
// third of the time, and a tenth with a thousand columns.
type ring struct {
	*timeline // of these rows, and of those before

	limit int64 // rows held at most, 0: no bound
	size  int64 // rows for which there is room
	codes [][]uint8

	first int64
	there int64 // the oldest row that is still there
	// backward counts the held rows whose time is before that of the row ahead
	// of them. Times then cannot be searched by halving.
	backward int64
	cursors  []*cursor
}

// slack is how many rows more than its limit a ring has room for: the newest that many
// are there, held or not.
const slack = 256

func newRing(columns, limit int) *ring {
	return &ring{timeline: &timeline{}, limit: int64(limit), codes: make([][]uint8, columns)}
}

// add appends a row with one code a column.
func (r *ring) add(id, time int64, codes []uint8) {
	if r.limit > 0 && r.next-r.first == r.limit {
		r.evict()
	}
	if r.next-r.there == r.size {
		r.release()
		if r.next-r.first == r.size {
			r.grow()
		}
	}
	at := r.at(r.next)
	for i, code := range codes {
		r.codes[i][at] = code
	}
	if r.next > r.first && time < r.time(r.next-1) {
		r.backward++
	}
	r.timeline.add(id, time)
}

// evict drops the oldest held row.
func (r *ring) evict() {
	if r.backward > 0 && r.first+1 < r.next && r.time(r.first+1) < r.time(r.first) {
		r.backward--
	}
	r.first++
}

// release gives up the rows that are there but not held.
func (r *ring) release() {
	for _, c := range r.cursors {
		c.release()
	}
	r.there = r.first
}

// forget drops the rows with an id before anchor.
func (r *ring) forget(anchor int64) {
	for r.first < r.next && r.id(r.first) < anchor {
		r.evict()
	}
}

func (r *ring) empty() bool { return r.first == r.next }

// grow doubles the ring, which is full of held rows, up to the limit and the slack.
func (r *ring) grow() {
	size := max(1024, 2*r.size)
	if r.limit > 0 {
		size = min(size, r.limit+slack)
	}
	for c, old := range r.codes {
		column := make([]uint8, size)
		for i := r.first; i < r.next; {
			from, to := i%r.size, i%size
			i += int64(copy(column[to:], old[from:min(r.size, from+r.next-i)]))
		}
		r.codes[c] = column
	}
	r.size = size
}

// at returns where row i lives.
func (r *ring) at(i int64) int64 { return i % r.size }

// find returns the number of the held row with an id.
func (r *ring) find(id int64) (i int64, ok bool) {
	i = r.search(r.first, id)
	return i, i < r.next && r.id(i) == id
}

// noBound as both limits of a window means: whatever the rows' time.
const noBound = math.MinInt64

// counts is how many rows of each fine code, by column, lie in a window.
type counts struct {
	rows   int64
	oldest int64 // time of the oldest row
	fine   [][]int64
}

// cursor counts the codes of one range of a ring, and moves with what it costs
// to count the rows that come and go.
type cursor struct {
	ring      *ring
	low, high int64 // rows low .. high-1 are counted
	fine      [][]int64
}

// newCursor returns a cursor over the ring; codes is the number of codes of each
// column.
func (r *ring) newCursor(codes []int) *cursor {
	c := &cursor{ring: r, low: r.first, high: r.first, fine: make([][]int64, len(codes))}
	for i, n := range codes {
		c.fine[i] = make([]int64, n)
	}
	r.cursors = append(r.cursors, c)
	return c
}

// drop ends a cursor.
func (r *ring) drop(c *cursor) {
	r.cursors = slices.DeleteFunc(r.cursors, func(o *cursor) bool { return o == c })
}

// window returns the counts of the held rows from number start on with
// from < time <= until, whatever their time when both are noBound. The result
// is valid until the next call of any method.
func (c *cursor) window(start, from, until int64) *counts {
	r := c.ring
	if start = max(start, r.first); from != noBound && r.backward > 0 {
		return c.recounted(start, from, until)
	}
	low, high := start, r.next
	if from != noBound {
		after := func(t int64) int64 {
			return start + int64(sort.Search(int(r.next-start), func(i int) bool { return r.time(start+int64(i)) > t }))
		}
		low, high = after(from), after(until)
	}
	c.move(low, high)
	w := &counts{rows: high - low, fine: c.fine}
	if w.rows > 0 {
		w.oldest = r.time(low)
	}
	return w
}

// move makes low .. high-1 the counted range, row by row where it overlaps with
// the one before.
func (c *cursor) move(low, high int64) {
	if low >= c.high || high <= c.low {
		for _, f := range c.fine {
			clear(f)
		}
		c.low, c.high = low, low
	}
	c.tally(c.low, low, -1)
	c.tally(low, c.low, 1)
	c.tally(high, c.high, -1)
	c.tally(c.high, high, 1)
	c.low, c.high = low, high
}

// release gives up the rows that the ring no longer holds.
func (c *cursor) release() {
	held := c.ring.first
	c.tally(c.low, min(c.high, held), -1)
	c.low, c.high = max(c.low, held), max(c.high, held)
}

// tally adds by to the count of every code of the rows from number from on and
// before to; none when to is not above from. Column by column, a row costs 1 ns
// for each, a third of what it costs row by row.
func (c *cursor) tally(from, to, by int64) {
	for from < to {
		at := c.ring.at(from)
		rows := min(to-from, c.ring.size-at)
		for column, codes := range c.ring.codes {
			fine := c.fine[column]
			for _, code := range codes[at : at+rows] {
				fine[code] += by
			}
		}
		from += rows
	}
}

// recounted is window for a ring in which a clock was set back: times are not
// in order, so every held row is looked at.
func (c *cursor) recounted(start, from, until int64) *counts {
	r := c.ring
	w := &counts{fine: make([][]int64, len(c.fine))}
	for i := range c.fine {
		w.fine[i] = make([]int64, len(c.fine[i]))
	}
	for i := start; i < r.next; i++ {
		t := r.time(i)
		if t <= from || t > until {
			continue
		}
		if w.rows == 0 || t < w.oldest {
			w.oldest = t
		}
		w.rows++
		at := r.at(i)
		for column := range r.codes {
			w.fine[column][r.codes[column][at]]++
		}
	}
	return w
}
