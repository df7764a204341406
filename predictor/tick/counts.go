package tick

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Counts counts rows of a log into records. It must not be used concurrently.
type Counts struct {
	coder func(predictionlog.Key) Coder
	open  map[place]*counts
	size  int
	last  struct {
		place
		counts *counts
	}
}

// place is what the rows of one record have in common.
type place struct {
	tick int64
	predictionlog.Key
}

// counts is a record that is being made.
type counts struct {
	coder                                  Coder
	first                                  []int64 // position of the first code of each column
	counters                               *predictionlog.Counters
	dense                                  []int64 // rows by position
	kinds                                  []int64
	rows                                   int64
	old, new                               int64
	numbers                                []float64
	numbersAt                              []int64
	scored, confidence, variance, positive int64
	shadows                                int64
}

// NewCounts returns no counts. coder returns what codes the rows of a model and version; it is
// called for each record.
func NewCounts(coder func(predictionlog.Key) Coder) *Counts {
	return &Counts{coder: coder, open: map[place]*counts{}}
}

// of returns the counts of a tick, model and version.
func (c *Counts) of(time int64, model, version string) *counts {
	at := place{Start(time), predictionlog.Key{Model: model, Version: version}}
	if c.last.counts != nil && c.last.place == at {
		return c.last.counts
	}
	found := c.open[at]
	if found == nil {
		found = newCounts(c.coder(at.Key))
		c.open[at] = found
		c.size += recordBytes + codeBytes*len(found.dense)
	}
	c.last.place, c.last.counts = at, found
	return found
}

func newCounts(coder Coder) *counts {
	c := &counts{coder: coder, counters: predictionlog.NewCounters()}
	var codes int64
	for _, n := range coder.Columns() {
		c.first = append(c.first, codes)
		codes += int64(n)
	}
	c.dense = make([]int64, codes)
	return c
}

// Prediction counts a prediction. A row of 13 features takes about a microsecond.
func (c *Counts) Prediction(row *predictionlog.Row) {
	of := c.of(row.Time, row.Model, row.Version)
	counted, ok := of.coder.Row(row)
	of.counters.AddPrediction(row, !ok)
	if ok {
		of.add(row, &counted)
	}
}

func (c *counts) add(row *predictionlog.Row, counted *Counted) {
	if c.rows == 0 {
		c.old, c.new = row.Time, row.Time
	}
	c.rows++
	if row.Shadow {
		c.shadows++
	}
	c.old, c.new = min(c.old, row.Time), max(c.new, row.Time)
	for i, code := range counted.Codes {
		c.dense[c.first[i]+int64(code)]++
	}
	for i, x := range counted.Numbers {
		if math.IsNaN(x) {
			continue
		}
		if c.numbers == nil {
			c.numbers = slices.Repeat([]float64{math.NaN()}, len(counted.Numbers))
			c.numbersAt = make([]int64, len(counted.Numbers))
		}
		if math.IsNaN(c.numbers[i]) || row.Time >= c.numbersAt[i] {
			c.numbers[i], c.numbersAt[i] = x, row.Time
		}
	}
	if counted.Kind >= 0 {
		if counted.Kind >= len(c.kinds) {
			c.kinds = append(c.kinds, make([]int64, counted.Kind+1-len(c.kinds))...)
		}
		c.kinds[counted.Kind]++
	}
	if counted.Scored {
		c.scored++
		c.confidence += counted.Confidence
		c.variance += counted.Variance
	}
	if counted.Positive {
		c.positive++
	}
}

// Feedback counts an accepted outcome.
func (c *Counts) Feedback(row *predictionlog.FeedbackRow) {
	c.of(row.Time, row.Model, row.Version).counters.AddFeedback(row)
}

// Error counts a refused request.
func (c *Counts) Error(row *predictionlog.ErrorRow) {
	c.of(row.Time, row.Model, row.Version).counters.AddError(row.Reason)
}

// Size returns how many bytes the records take at most, as sent, without long names of counters.
func (c *Counts) Size() int { return c.size }

// A record takes up to recordBytes, and codeBytes for each code that has rows.
const (
	recordBytes = 1000
	codeBytes   = 8
)

// Records returns the records by tick, model and version, and begins again. Their log, numbers and
// times of shipping are not set.
func (c *Counts) Records() []Record {
	records := make([]Record, 0, len(c.open))
	for at, counts := range maps.All(c.open) {
		records = append(records, counts.record(at))
	}
	slices.SortFunc(records, byPlace)
	clear(c.open)
	c.last.counts, c.size = nil, 0
	return records
}

func (c *counts) record(at place) Record {
	r := Record{Tick: at.tick, Model: at.Model, Version: at.Version, Scheme: Scheme(c.coder.Scheme()), Rows: c.rows, Oldest: c.old, Newest: c.new}
	for position, n := range c.dense {
		if n > 0 {
			r.At, r.N = append(r.At, int64(position)), append(r.N, n)
		}
	}
	for i, x := range c.numbers {
		if !math.IsNaN(x) {
			r.LastFeature, r.LastTime, r.LastValue = append(r.LastFeature, int64(i)), append(r.LastTime, c.numbersAt[i]), append(r.LastValue, x)
		}
	}
	sums := CounterNames(c.counters)
	for class, n := range c.kinds {
		sums[KindName(class)] = n
	}
	sums[Scored], sums[Confidence], sums[Variance], sums[Positive], sums[Shadows] = c.scored, c.confidence, c.variance, c.positive, c.shadows
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	r.Names, r.Sums = sorted(sums)
	return r
}

// OfCounters returns records that only have these counters.
func OfCounters(counters map[predictionlog.Key]*predictionlog.Counters, tick int64) []Record {
	records := make([]Record, 0, len(counters))
	for key, c := range counters {
		r := Record{Tick: tick, Model: key.Model, Version: key.Version}
		if r.Names, r.Sums = sorted(CounterNames(c)); len(r.Names) > 0 {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, byPlace)
	return records
}

// byPlace orders records by tick, model and version.
func byPlace(a, b Record) int {
	return cmp.Or(cmp.Compare(a.Tick, b.Tick), strings.Compare(a.Model, b.Model), strings.Compare(a.Version, b.Version))
}
