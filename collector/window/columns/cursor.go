package columns

import (
	"math"
	"slices"
	"sort"
)

// NoBound as both limits of a window means: whatever the rows' time.
const NoBound = math.MinInt64

// Counts is how many rows of each fine code, by column, lie in a window.
type Counts struct {
	Rows   int64
	Oldest int64 // time of the oldest row
	Fine   [][]int64
}

// Cursor counts the codes of one range of a Store, and moves with what it costs
// to count the rows that come and go.
type Cursor struct {
	store     *Store
	low, high int64 // rows low .. high-1 are counted
	fine      [][]int64
}

// NewCursor returns a cursor over the store; codes is the number of codes of each
// column.
func (s *Store) NewCursor(codes []int) *Cursor {
	c := &Cursor{store: s, low: s.first, high: s.first, fine: make([][]int64, len(codes))}
	for i, n := range codes {
		c.fine[i] = make([]int64, n)
	}
	s.cursors = append(s.cursors, c)
	return c
}

// Drop ends a cursor.
func (s *Store) Drop(c *Cursor) {
	s.cursors = slices.DeleteFunc(s.cursors, func(o *Cursor) bool { return o == c })
}

// Window returns the counts of the held rows from number start on with
// from < time <= until, whatever their time when both are NoBound. The result
// is valid until the next call of any method.
func (c *Cursor) Window(start, from, until int64) *Counts {
	r := c.store
	if start = max(start, r.first); from != NoBound && r.backward > 0 {
		return c.recounted(start, from, until)
	}
	low, high := start, r.next
	if from != NoBound {
		after := func(t int64) int64 {
			return start + int64(sort.Search(int(r.next-start), func(i int) bool { return r.Time(start+int64(i)) > t }))
		}
		low, high = after(from), after(until)
	}
	c.move(low, high)
	w := &Counts{Rows: high - low, Fine: c.fine}
	if w.Rows > 0 {
		w.Oldest = r.Time(low)
	}
	return w
}

// move makes low .. high-1 the counted range, row by row where it overlaps with
// the one before.
func (c *Cursor) move(low, high int64) {
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

// release gives up the rows that the store no longer holds.
func (c *Cursor) release() {
	held := c.store.first
	c.tally(c.low, min(c.high, held), -1)
	c.low, c.high = max(c.low, held), max(c.high, held)
}

// tally adds by to the count of every code of the rows from number from on and
// before to; none when to is not above from. Column by column, a row costs 1 ns
// for each, a third of what it costs row by row.
func (c *Cursor) tally(from, to, by int64) {
	for from < to {
		at := c.store.At(from)
		rows := min(to-from, c.store.size-at)
		for column, codes := range c.store.codes {
			fine := c.fine[column]
			for _, code := range codes[at : at+rows] {
				fine[code] += by
			}
		}
		from += rows
	}
}

// recounted is Window for a Store in which a clock was set back: times are not
// in order, so every held row is looked at.
func (c *Cursor) recounted(start, from, until int64) *Counts {
	r := c.store
	w := &Counts{Fine: make([][]int64, len(c.fine))}
	for i := range c.fine {
		w.Fine[i] = make([]int64, len(c.fine[i]))
	}
	for i := start; i < r.next; i++ {
		t := r.Time(i)
		if t <= from || t > until {
			continue
		}
		if w.Rows == 0 || t < w.Oldest {
			w.Oldest = t
		}
		w.Rows++
		at := r.At(i)
		for column := range r.codes {
			w.Fine[column][r.codes[column][at]]++
		}
	}
	return w
}

// Range returns the numbers of the rows that are counted: from low on and before high.
func (c *Cursor) Range() (low, high int64) { return c.low, c.high }
