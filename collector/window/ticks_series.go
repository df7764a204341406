package window

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/window/columns"
	ticks "github.com/drift-exporter/drift_exporter/predictor/tick"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// tickSeries is the ticks of one model and version.
type tickSeries struct {
	tickLedger

	options *Options
	null    nullOf
	columns []int   // number of codes of each column
	width   int64   // of all of them
	newest  int64   // time of the newest row
	cells   []int64 // scratch for a piece of one column

	// held are the ticks that a window may still count, oldest first; the first one is number first.
	held  []heldTick
	first int64
	// folds began with the look-back of the newest tick and the one before. Snapshots show the
	// first. The second replaces it at the next anchor.
	folds []*tickFold
}

// heldTick is what was counted in a tick, in pieces.
type heldTick struct {
	start, rows, oldest int64
	pieces              []ticks.Sum
}

// tickFold is the windows and the detectors of a series since an anchor.
type tickFold struct {
	*detectors // nil: there are none

	from   int64 // the anchor
	next   int64 // number of the oldest tick in the window
	end    int64 // of the newest tick
	flat   []int64
	counts columns.Counts // slices of flat

	// last are the newest numbers of the features, and lastAt their times: as their ticks have them,
	// and their own.
	last   []float64
	lastAt [][2]int64
}

func (t *Ticks) newTickSeries(l *layout, predicts value.Prediction) *tickSeries {
	s := &tickSeries{options: &t.options, tickLedger: newTickLedger(l, predicts, &t.options, t.part())}
	if l == nil {
		return s
	}
	s.null = t.nullOf(l)
	s.columns = l.codes()
	for _, n := range s.columns {
		s.width += int64(n)
	}
	most := 0
	for i := range l.columns {
		most = max(most, len(l.columns[i].cells))
	}
	s.cells = make([]int64, most)
	return s
}

// fits reports whether the places of a record exist in the layout.
func (s *tickSeries) fits(r *ticks.Record) bool {
	n, m := len(r.At), len(r.LastFeature)
	return (n == 0 || r.At[0] >= 0 && r.At[n-1] < s.width) && (m == 0 || r.LastFeature[0] >= 0 && r.LastFeature[m-1] < int64(s.layout.features))
}

// fold folds the counts of one tick.
func (s *tickSeries) fold(ctx context.Context, start int64, sums []ticks.Sum, lookback int64) error {
	held := heldTick{start: start, oldest: math.MaxInt64, pieces: sums}
	for i := range sums {
		held.rows += sums[i].Rows
		held.oldest = min(held.oldest, within(sums[i].Oldest, start))
		s.newest = max(s.newest, within(sums[i].Newest, start))
	}
	s.held = append(s.held, held)
	s.begin(start/lookback*lookback, lookback)
	for _, f := range s.folds {
		f.forget(s, start+tick-int64(s.options.Duration))
		f.add(&held)
		f.end = start + tick
		if f.detectors == nil {
			continue
		}
		for i := range sums {
			s.cut(f, &sums[i])
		}
		if err := f.close(ctx, time.Unix(0, start+tick).UTC(), &f.counts); err != nil {
			return err
		}
	}
	s.drop()
	return nil
}

// within returns a time as a tick has it: rows that count to a later tick are as old as its start.
func within(time, start int64) int64 { return min(max(time, start), start+tick-1) }

// begin begins a fold at an anchor, unless one has begun there, and ends those that began more
// than a look-back before.
func (s *tickSeries) begin(anchor, lookback int64) {
	s.endBefore(anchor - lookback)
	if n := len(s.folds); n > 0 && s.folds[n-1].from == anchor {
		return
	}
	f := &tickFold{from: anchor, next: s.first + int64(len(s.held)) - 1}
	if s.layout != nil {
		f.flat = make([]int64, s.width)
		for at, i := int64(0), 0; i < len(s.columns); i++ {
			next := at + int64(s.columns[i])
			f.counts.Fine = append(f.counts.Fine, f.flat[at:next:next])
			at = next
		}
		f.last = slices.Repeat([]float64{math.NaN()}, s.layout.features)
		f.lastAt = slices.Repeat([][2]int64{{math.MinInt64, math.MinInt64}}, s.layout.features)
		if s.options.FalseAlarmsPerMonth > 0 {
			f.detectors = newDetectors(s.layout, s.options, s.null)
			f.sums = func() tally { return s.sum(max(f.end-int64(s.options.Duration), f.from), f.end) }
		}
	}
	s.folds = append(s.folds, f)
}

// endBefore ends the folds that began before an anchor.
func (s *tickSeries) endBefore(anchor int64) {
	s.folds = slices.DeleteFunc(s.folds, func(f *tickFold) bool { return f.from < anchor })
}

// drop drops the ticks that no window counts any more.
func (s *tickSeries) drop() {
	oldest := s.first + int64(len(s.held))
	for _, f := range s.folds {
		oldest = min(oldest, f.next)
	}
	s.held = slices.Delete(s.held, 0, int(oldest-s.first))
	s.first = oldest
}

// add counts a tick.
func (f *tickFold) add(t *heldTick) {
	if f.counts.Rows == 0 {
		f.counts.Oldest = t.oldest
	}
	f.counts.Rows += t.rows
	for i := range t.pieces {
		p := &t.pieces[i]
		for k, at := range p.At {
			f.flat[at] += p.N[k]
		}
		for k, feature := range p.LastFeature {
			at := [2]int64{within(p.LastTime[k], t.start), p.LastTime[k]}
			if last := f.lastAt[feature]; slices.Compare(at[:], last[:]) > 0 || at == last && p.LastValue[k] > f.last[feature] {
				f.last[feature], f.lastAt[feature] = p.LastValue[k], at
			}
		}
	}
}

// forget takes the ticks out of the window that begin before a time.
func (f *tickFold) forget(s *tickSeries, before int64) {
	for ; f.next < s.first+int64(len(s.held)); f.next++ {
		t := &s.held[f.next-s.first]
		if t.start >= before {
			break
		}
		f.counts.Rows -= t.rows
		for i := range t.pieces {
			for k, at := range t.pieces[i].At {
				f.flat[at] -= t.pieces[i].N[k]
			}
		}
	}
	if i := f.next - s.first; i < int64(len(s.held)) {
		f.counts.Oldest = s.held[i].oldest
	}
}

// cut adds a piece of the open tick to the detectors.
func (s *tickSeries) cut(f *tickFold, piece *ticks.Sum) {
	i := 0
	first := int64(0) // position of the first code of the column
	for c := range s.layout.columns {
		column := &s.layout.columns[c]
		cells := s.cells[:len(column.cells)]
		clear(cells)
		end := first + int64(s.columns[c])
		for ; i < len(piece.At) && piece.At[i] < end; i++ {
			cells[column.binning.Cell(uint8(piece.At[i]-first))] += piece.N[i]
		}
		f.pieces[c].AddCounts(cells)
		first = end
	}
}

// window returns the fold that snapshots show, nil if there was no row since the anchor.
func (s *tickSeries) window(until, anchor int64) *tickFold {
	s.endBefore(anchor)
	if len(s.folds) == 0 {
		return nil
	}
	s.folds[0].forget(s, until-int64(s.options.Duration))
	return s.folds[0]
}

// lastValue returns the newest number of a feature, nil if there is none since the anchor.
func (f *tickFold) lastValue(feature int) *float64 {
	x := f.last[feature]
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
