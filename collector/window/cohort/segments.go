package cohort

import (
	"cmp"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Segments say which slices of the predictions are followed: the bins of each feature, and with
// Pairs those of each two features together.
type Segments struct {
	// Bins is the number of bins of each feature. Known and Right are the reference's outcomes
	// by feature and bin, nil where it has none.
	Bins         []int
	Known, Right [][]int64
	Pairs        bool
	// FalsePerMonth bounds the slices that are named in 30 days without a drop in them.
	FalsePerMonth float64
	Tolerance     float64
}

// fewLabels is the number of outcomes in the reference that a slice needs.
const fewLabels = 30

// slice is one slice and what was folded of it.
type slice struct {
	detector *risk.Detector
	// labels and errors count the outcomes since the evidence was last 0 or below: since the
	// accuracy of the slice began to be low.
	labels, errors int64
	open           risk.Outcomes
}

// slicing follows the slices of one fold. Detectors are made when their first outcome comes.
type slicing struct {
	*Segments

	promise risk.Options
	single  [][]float64 // limit of each bin, NaN if it is not followed
	first   []int       // number of the first bin of each feature
	bins    int
	of      map[int]*slice // single slices by bin, pairs by bins*(1+bin)+bin
	touched []int
	// coverage is the share of the recent rows with an outcome, at the end of the last tick.
	coverage float64
}

// newSlicing prepares the limits: the reference's rate at its upper limit, which holds for all
// slices together. A pair has the larger limit of its two bins, because the reference does not
// count pairs: one that was always worse than both of its bins is named too.
func newSlicing(o *Segments) *slicing {
	s := &slicing{Segments: o, of: map[int]*slice{}, coverage: 1}
	followed := 0
	for f, n := range o.Bins {
		s.first = append(s.first, s.bins)
		s.bins += n
		if o.Known[f] == nil {
			continue
		}
		for b := range n {
			if o.Known[f][b] >= fewLabels {
				followed++
			}
		}
	}
	for f, n := range o.Bins {
		limits := slices.Repeat([]float64{math.NaN()}, n)
		for b := range limits {
			if o.Known[f] != nil && o.Known[f][b] >= fewLabels {
				known, wrong := o.Known[f][b], o.Known[f][b]-o.Right[f][b]
				limits[b] = risk.UpperLimit(float64(wrong), float64(known), 1-(1-Confidence)/float64(followed))
			}
		}
		s.single = append(s.single, limits)
	}
	watched := followed
	if o.Pairs {
		watched += followed * followed / 2
	}
	s.promise = risk.Options{Tolerance: o.Tolerance, FalseAlarmsPerMonth: o.FalsePerMonth, Watched: watched}
	return s
}

// limit is the greatest error rate of a slice without harm, NaN if it is not followed.
func (s *slicing) limit(id int) float64 {
	first, second := s.parts(id)
	limit := s.bin(first)
	if second >= 0 {
		limit = max(limit, s.bin(second)) // NaN if either is
	}
	return limit
}

func (s *slicing) bin(number int) float64 {
	f, b := s.feature(number)
	return s.single[f][b]
}

// parts are the bins of a slice, the second one -1 for a single one.
func (s *slicing) parts(id int) (first, second int) {
	if id < s.bins {
		return id, -1
	}
	return id/s.bins - 1, id % s.bins
}

func (s *slicing) feature(number int) (f, b int) {
	f, exact := slices.BinarySearch(s.first, number)
	if !exact {
		f--
	}
	return f, number - s.first[f]
}

// add adds one outcome of the open tick, by the bin of each feature.
func (s *slicing) add(bins []uint8, wrong bool) {
	for f, b := range bins {
		one := s.first[f] + int(b)
		if math.IsNaN(s.single[f][b]) {
			continue
		}
		s.count(one, wrong)
		if !s.Pairs {
			continue
		}
		for g := f + 1; g < len(bins); g++ {
			if !math.IsNaN(s.single[g][bins[g]]) {
				s.count(s.bins*(1+one)+s.first[g]+int(bins[g]), wrong)
			}
		}
	}
}

func (s *slicing) count(id int, wrong bool) {
	p := s.of[id]
	if p == nil {
		p = &slice{detector: risk.NewDetector(s.promise)}
		s.of[id] = p
	}
	if p.open.Labels == 0 {
		s.touched = append(s.touched, id)
	}
	p.open.Labels++
	if wrong {
		p.open.Errors++
	}
	if p.open.Labels == drift.PieceSize {
		s.fold(id, p)
	}
}

// close folds the open tick. coverage is the share of the recent rows with an outcome; if it is
// too small, the tick does not count.
func (s *slicing) close(coverage float64) {
	s.coverage = coverage
	for _, id := range s.touched {
		s.fold(id, s.of[id])
	}
	s.touched = s.touched[:0]
}

func (s *slicing) fold(id int, p *slice) {
	o := p.open
	p.open = risk.Outcomes{}
	if o.Labels == 0 || s.coverage < Enough {
		return
	}
	if p.detector.Evidence() <= 0 && !p.detector.Detected() {
		p.labels, p.errors = 0, 0
	}
	p.labels += o.Labels
	p.errors += o.Errors
	// The outcomes that are missing may all be right ones.
	p.detector.Tick(&risk.Tick{Limit: min(1, s.limit(id)/s.coverage), Pieces: []risk.Outcomes{o}})
}

// show returns the slices whose accuracy fell, those with the most errors above their limit
// first.
func (s *slicing) show() *snapshot.Segments {
	shown := &snapshot.Segments{Followed: s.promise.Watched}
	for id, p := range s.of {
		if !p.detector.Detected() {
			continue
		}
		first, second := s.parts(id)
		segment := snapshot.Segment{
			Parts: []snapshot.SegmentPart{s.part(first)}, Labels: p.labels, Errors: p.errors,
			Limit: s.limit(id), LogEvidence: p.detector.Evidence(), Threshold: p.detector.Threshold(),
		}
		if second >= 0 {
			segment.Parts = append(segment.Parts, s.part(second))
		} else {
			f, b := s.feature(first)
			segment.Known, segment.KnownRight = s.Known[f][b], s.Right[f][b]
		}
		shown.Segments = append(shown.Segments, segment)
	}
	slices.SortFunc(shown.Segments, func(a, b snapshot.Segment) int {
		return cmp.Or(-cmp.Compare(a.Drop(), b.Drop()), slices.CompareFunc(a.Parts, b.Parts, func(x, y snapshot.SegmentPart) int {
			return cmp.Or(cmp.Compare(x.Feature, y.Feature), cmp.Compare(x.Bin, y.Bin))
		}))
	})
	return shown
}

func (s *slicing) part(number int) snapshot.SegmentPart {
	f, b := s.feature(number)
	return snapshot.SegmentPart{Feature: f, Bin: b}
}
