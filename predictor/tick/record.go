package tick

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// Length is the length of a tick. Ticks begin at multiples of it since 1970.
const Length = 15 * time.Second

// Ahead is how far ahead of the clock of the destination a tick may lie.
const Ahead = 4 * Length

// grace is how long after the lateness a request that ships records may be under way.
const grace = 30 * time.Second

// Settled returns the time before which nothing of a tick is waited for any more.
func Settled(now int64, lateness time.Duration) int64 { return Start(now - int64(lateness+grace)) }

// ErrAwaited means that rows of a tick are needed which have not been shipped yet, and are still
// waited for.
var ErrAwaited = errors.New("rows of the last ticks have not been shipped yet, and are waited for")

// Start returns the start of the tick that holds a time, both in nanoseconds since 1970.
func Start(t int64) int64 { return floor(t, int64(Length)) * int64(Length) }

// floor divides by a positive number and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Record is what a log has counted of one tick, model and version. One without a model is a
// heartbeat. Times are in nanoseconds since 1970.
type Record struct {
	// LogID is the log's UUID.
	LogID string
	// After and Sequence say which rows of the log have been counted here: those of this tick,
	// model and version whose number is above After and at most Sequence. They are numbers of
	// predictions where Rows is above 0.
	After, Sequence int64
	// ShippedAt is when the record was made, by the clock of the destination. It does not fall
	// within a log. Through says that every row logged before it has been counted, in this
	// record or in those before it.
	ShippedAt, Through int64
	// Closed is the start of the tick that holds the Through that the log had sent before, or that
	// holds ShippedAt if the log had sent nothing within the lateness: others may have gone on.
	Closed int64
	// Tick is the start of the tick.
	Tick int64
	// Scheme is empty for models without a reference; see Scheme.
	Model, Version, Scheme string
	// Rows is the number of predictions, 0 in a heartbeat and where only errors or outcomes were
	// counted. Oldest and Newest are the smallest and the largest of their times as the tick has
	// them, 0 without rows.
	Rows, Oldest, Newest int64
	// At and N are the counts: N[i] rows have the code At[i]. Positions count through the codes
	// of all columns, one column after the other: features, score, class, and for a multiclass
	// model class and score together. At rises, N is above 0.
	At, N []int64
	// LastFeature, LastTime and LastValue are the newest number of each numeric feature that has
	// one: the number of the feature, the time of its row, the value. LastFeature rises.
	LastFeature, LastTime []int64
	LastValue             []float64
	// Names and Sums are the counters. Names rises.
	Names []string
	Sums  []int64
}

// Heartbeat reports whether the record only says how far its log has been shipped.
func (r *Record) Heartbeat() bool { return r.Model == "" }

// End returns the end of the tick.
func (r *Record) End() int64 { return r.Tick + int64(Length) }

// Effective returns the start of the tick to which the record counts: its own, unless it was
// shipped later than lateness after that tick's end. It then counts to the newest tick of which
// this cannot be said. So a record never changes a tick that ended more than lateness before it
// was shipped, nor one that its log had closed. One whose tick lies ahead of the clock counts to the
// tick in which it was shipped.
func (r *Record) Effective(lateness time.Duration) int64 {
	return Effective(r.Tick, r.ShippedAt, r.Closed, lateness)
}

// Effective is Record's, of a tick, a time of shipping and what the log had closed before.
func Effective(tick, shippedAt, closed int64, lateness time.Duration) int64 {
	switch {
	case tick > shippedAt+int64(Ahead):
		tick = Start(shippedAt)
	case shippedAt > tick+int64(Length)+int64(lateness):
		tick = Start(shippedAt - int64(lateness))
	}
	return max(tick, Start(closed))
}

// Add adds the counts of another record to those of r. Of two numbers of a feature the newer one
// stays; of two of the same time, the larger one, so that the order of records does not matter.
func (r *Record) Add(o *Record) {
	if o.Rows > 0 {
		if r.Rows == 0 || o.Oldest < r.Oldest {
			r.Oldest = o.Oldest
		}
		if r.Rows == 0 || o.Newest > r.Newest {
			r.Newest = o.Newest
		}
	}
	r.Rows += o.Rows
	r.At, r.N = merged(r.At, r.N, o.At, o.N)
	r.Names, r.Sums = merged(r.Names, r.Sums, o.Names, o.Sums)
	r.addLast(o)
	r.Sequence = max(r.Sequence, o.Sequence)
	r.ShippedAt, r.Through = max(r.ShippedAt, o.ShippedAt), max(r.Through, o.Through)
}

func (r *Record) addLast(o *Record) {
	type last struct {
		time  int64
		value float64
	}
	newest := map[int64]last{}
	for _, x := range []*Record{r, o} {
		for i, feature := range x.LastFeature {
			l, seen := newest[feature]
			if !seen || x.LastTime[i] > l.time || x.LastTime[i] == l.time && x.LastValue[i] > l.value {
				newest[feature] = last{x.LastTime[i], x.LastValue[i]}
			}
		}
	}
	if len(newest) == 0 {
		return
	}
	features := slices.Sorted(maps.Keys(newest))
	r.LastFeature, r.LastTime, r.LastValue = features, make([]int64, len(features)), make([]float64, len(features))
	for i, feature := range features {
		r.LastTime[i], r.LastValue[i] = newest[feature].time, newest[feature].value
	}
}

// merged adds two lists of counts with rising keys.
func merged[K int64 | string](a []K, n []int64, b []K, m []int64) (keys []K, sums []int64) {
	if len(a) == 0 {
		return slices.Clone(b), slices.Clone(m)
	}
	keys, sums = make([]K, 0, max(len(a), len(b))), make([]int64, 0, max(len(a), len(b)))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			keys, sums = append(keys, a[i]), append(sums, n[i])
			i++
		case i == len(a) || b[j] < a[i]:
			keys, sums = append(keys, b[j]), append(sums, m[j])
			j++
		default:
			keys, sums = append(keys, a[i]), append(sums, n[i]+m[j])
			i++
			j++
		}
	}
	return keys, sums
}
