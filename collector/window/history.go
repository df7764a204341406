package window

import (
	"math"
	"slices"
	"sort"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// history remembers of every row since the anchor what is asked once outcomes
// come: when it was, how sure the model was, and whether and how soon its outcome
// came. Sums over runs of rows keep what is asked at every scrape cheap: 0.1 ms
// over half a million rows.
type history struct {
	ids, times []int64
	conf       []uint32 // confidence in units of 1e-9, or noScore
	delay      []uint8  // bucket of the outcome's delay, or noOutcome
	right      []bool   // the outcome is the predicted class
	seq        []int64  // of the outcome
	runs       []run
	delays     []int64 // rows behind after, by bucket
	// anchor is that of the feedback: outcomes before it are forgotten. after is the
	// time behind which that leaves no row without an outcome that it had.
	anchor, after int64
}

// run sums up runLength rows.
type run struct {
	tally

	earliest, latest int64
}

const runLength = 128

// tally is what is counted of rows.
type tally struct {
	rows, labelled, right int64
	// scored rows have a score; conf is the sum of the model's confidence in its
	// predicted class c over them, variance that of c (1 - c), both in units of 1e-9:
	// whole numbers, so that they do not depend on the order of addition.
	scored, conf, variance int64
}

const (
	noScore   = math.MaxUint32
	noOutcome = math.MaxUint8
	confUnit  = 1e9
)

// delayBuckets hold ages that grow by 9 %, the first up to one second, the last
// up to eight years and beyond.
const delayBuckets = 8*28 + 1

// delayEnds are the upper ends of the buckets in nanoseconds.
var delayEnds = func() (ends [delayBuckets]int64) {
	for i := range ends {
		ends[i] = int64(math.Round(1e9 * math.Exp2(float64(i)/8)))
	}
	return ends
}()

func delayBucket(ns int64) int {
	return min(sort.Search(delayBuckets, func(i int) bool { return delayEnds[i] >= ns }), delayBuckets-1)
}

func newHistory() *history {
	return &history{delays: make([]int64, delayBuckets), after: math.MinInt64}
}

// add appends a row with the time it was told.
func (h *history) add(row *predictionlog.Row, time int64, positive string) {
	conf := uint32(noScore)
	if row.HasScore {
		conf = uint32(confidenceUnits(row.Score, row.Class, positive))
	}
	h.append(row.ID, time, conf, noOutcome, false, -1)
}

// confidenceUnits is the probability that the model itself gave to its class, in
// units of 1e-9.
func confidenceUnits(score float64, class, positive string) int64 {
	if class == positive {
		return int64(math.Round(score * confUnit))
	}
	return int64(math.Round((1 - score) * confUnit))
}

func (h *history) append(id, time int64, conf uint32, delay uint8, right bool, seq int64) {
	h.ids, h.times = append(h.ids, id), append(h.times, time)
	h.conf, h.delay, h.right, h.seq = append(h.conf, conf), append(h.delay, delay), append(h.right, right), append(h.seq, seq)
	if (len(h.ids)-1)%runLength == 0 {
		h.runs = append(h.runs, run{earliest: time, latest: time})
	}
	r := &h.runs[len(h.runs)-1]
	r.earliest, r.latest = min(r.earliest, time), max(r.latest, time)
	r.tally = r.plus(h.row(len(h.ids) - 1))
	if delay != noOutcome && time > h.after {
		h.delays[delay]++
	}
}

// row is the tally of one row.
func (h *history) row(i int) tally {
	t := tally{rows: 1}
	if h.delay[i] != noOutcome {
		t.labelled = 1
		if h.right[i] {
			t.right = 1
		}
	}
	if c := h.conf[i]; c != noScore {
		t.scored, t.conf, t.variance = 1, int64(c), variance(int64(c))
	}
	return t
}

// variance is c (1 - c), all in units of 1e-9.
func variance(c int64) int64 { return (c*(confUnit-c) + confUnit/2) / confUnit }

func (t tally) plus(o tally) tally {
	return tally{
		t.rows + o.rows, t.labelled + o.labelled, t.right + o.right,
		t.scored + o.scored, t.conf + o.conf, t.variance + o.variance,
	}
}

// outcome takes the outcome of a row, which replaces an earlier one. It counts
// by when it was logged: until then nobody knew it.
func (h *history) outcome(f *predictionlog.FeedbackRow) {
	i, found := slices.BinarySearch(h.ids, f.PredictionID)
	if !found {
		return
	}
	r := &h.runs[i/runLength]
	before := h.row(i)
	if h.delay[i] != noOutcome && h.times[i] > h.after {
		h.delays[h.delay[i]]--
	}
	h.delay[i], h.right[i] = uint8(delayBucket(f.Time-h.times[i])), f.Class == f.Outcome
	h.seq[i] = f.Seq
	if h.times[i] > h.after {
		h.delays[h.delay[i]]++
	}
	now := h.row(i)
	r.labelled += now.labelled - before.labelled
	r.right += now.right - before.right
}

// forget drops the rows with an id before anchor.
func (h *history) forget(anchor int64) {
	n, _ := slices.BinarySearch(h.ids, anchor)
	if n == 0 {
		return
	}
	h.rewrite(n)
}

// forgetOutcomes drops the outcomes before anchor; behind a time this leaves none
// out.
func (h *history) forgetOutcomes(anchor, after int64) {
	if anchor == h.anchor && after == h.after {
		return
	}
	h.anchor, h.after = anchor, after
	h.rewrite(0)
}

// rewrite keeps the rows from number n on.
func (h *history) rewrite(n int) {
	kept := newHistory()
	kept.anchor, kept.after = h.anchor, h.after
	for i := n; i < len(h.ids); i++ {
		delay := h.delay[i]
		if h.seq[i] < h.anchor {
			delay = noOutcome
		}
		kept.append(h.ids[i], h.times[i], h.conf[i], delay, h.right[i], h.seq[i])
	}
	*h = *kept
}

// sum counts the rows from an id on with after < time <= until.
func (h *history) sum(from, after, until int64) tally {
	first, _ := slices.BinarySearch(h.ids, from)
	var t tally
	h.runsIn(first, after, until, func(at int) { t = t.plus(h.runs[at].tally) }, func(i int) { t = t.plus(h.row(i)) })
	return t
}

// runsIn calls whole with the numbers of the runs that lie between two times, and
// each with the rows between them of runs that do so in part.
func (h *history) runsIn(first int, after, until int64, whole, each func(i int)) {
	for at := first / runLength; at < len(h.runs); at++ {
		r, begin := &h.runs[at], at*runLength
		switch {
		case r.latest <= after || r.earliest > until:
		case begin >= first && r.earliest > after && r.latest <= until:
			whole(at)
		default:
			for i := max(begin, first); i < min(begin+runLength, len(h.ids)); i++ {
				if t := h.times[i]; t > after && t <= until {
					each(i)
				}
			}
		}
	}
}

// waiting counts the rows without outcome by their age at now.
func (h *history) waiting(now int64) []int64 {
	waiting := make([]int64, delayBuckets)
	each := func(i int) {
		if h.delay[i] == noOutcome {
			waiting[delayBucket(now-h.times[i])]++
		}
	}
	h.runsIn(0, h.after, now, func(at int) {
		r := &h.runs[at]
		switch k := delayBucket(now - r.latest); {
		case r.rows == r.labelled:
		case k == delayBucket(now-r.earliest):
			waiting[k] += r.rows - r.labelled
		default:
			for i := at * runLength; i < min((at+1)*runLength, len(h.ids)); i++ {
				each(i)
			}
		}
	}, each)
	return waiting
}
