package cohort

import "slices"

// recentRows is the least number of rows over which coverage is counted, shrink the number of rows
// with the coverage of all kinds that are added to each kind.
const (
	recentRows = 1000
	shrink     = 20
)

// recent counts which of the newest mature rows have an outcome, by kind. It has whole ticks: as
// few of the newest as have recentRows rows together.
type recent struct {
	ticks          []share // oldest first; the last one is open
	rows, labelled int64
	of, with       []int64 // by kind; the last one is NoKind
}

// share counts the rows of one tick, and those with an outcome, by kind.
type share struct {
	rows     int64
	of, with []int64
}

func newRecent(kinds int) recent {
	return recent{of: make([]int64, kinds+1), with: make([]int64, kinds+1)}
}

func (r *recent) kind(kind uint8) int { return min(int(kind), len(r.of)-1) }

// begin begins a tick.
func (r *recent) begin() {
	n := len(r.of)
	counts := make([]int64, 2*n)
	r.ticks = append(r.ticks, share{of: counts[:n:n], with: counts[n:]})
}

// add adds rows of one kind to the open tick, of which some are labelled.
func (r *recent) add(kind uint8, rows, labelled int64) {
	t, k := &r.ticks[len(r.ticks)-1], r.kind(kind)
	t.rows += rows
	t.of[k] += rows
	t.with[k] += labelled
	r.rows += rows
	r.labelled += labelled
	r.of[k] += rows
	r.with[k] += labelled
}

// close drops the oldest ticks that are not needed.
func (r *recent) close() {
	n := 0
	for ; r.rows-r.ticks[n].rows >= recentRows; n++ {
		t := &r.ticks[n]
		r.rows -= t.rows
		for k := range t.of {
			r.of[k] -= t.of[k]
			r.with[k] -= t.with[k]
			r.labelled -= t.with[k]
		}
	}
	r.ticks = slices.Delete(r.ticks, 0, n)
}

// coverage returns the share of the rows with an outcome; there is at least one row.
func (r *recent) coverage() float64 { return float64(r.labelled) / float64(r.rows) }

// shares returns the share of each kind that gets an outcome.
func (r *recent) shares() []float64 {
	all, shares := r.coverage(), make([]float64, len(r.of)-1)
	for k := range shares {
		shares[k] = (float64(r.with[k]) + shrink*all) / (float64(r.of[k]) + shrink)
	}
	return shares
}
