package cohort

// recentRows is the number of rows over which coverage is counted, shrink the number of rows
// with the coverage of all kinds that are added to each kind.
const (
	recentRows = 1000
	shrink     = 20
)

// recent counts which of the newest mature rows have an outcome, by kind.
type recent struct {
	ring           []uint16 // 2 kind + 1 with an outcome
	at             int
	rows, labelled int64
	of, with       []int64 // by kind; the last one is NoKind
}

func newRecent(kinds int) recent {
	return recent{of: make([]int64, kinds+1), with: make([]int64, kinds+1)}
}

func (r *recent) kind(kind uint8) int { return min(int(kind), len(r.of)-1) }

func (r *recent) add(kind uint8, labelled bool) {
	entry := uint16(2 * r.kind(kind))
	if labelled {
		entry++
	}
	if len(r.ring) < recentRows {
		r.ring = append(r.ring, entry)
	} else {
		r.count(r.ring[r.at], -1)
		r.ring[r.at] = entry
		r.at = (r.at + 1) % recentRows
	}
	r.count(entry, 1)
}

func (r *recent) count(entry uint16, by int64) {
	r.rows += by
	r.of[entry/2] += by
	if entry%2 == 1 {
		r.labelled += by
		r.with[entry/2] += by
	}
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
