package window

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/risk"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// follow begins to follow the accuracy of a series that has a reference.
func (s *series) follow(o *Options) {
	if o.Bare || o.FalseAlarmsPerMonth == 0 {
		return
	}
	l := s.layout
	trained := int64(math.MinInt64)
	if created := l.reference.Created; !created.IsZero() {
		trained = created.UnixNano()
	}
	strata := l.strata()
	s.oneKind = len(strata) == 1
	s.cohort = cohort.New(s.rows.Timeline, cohort.Options{
		Reference: risk.NewReference(strata, cohort.Confidence), Kinds: len(strata), Losses: !s.predicts.HasClasses(),
		Promise: risk.Options{Tolerance: o.AccuracyTolerance, FalseAlarmsPerMonth: o.FalseAlarmsPerMonth, Watched: l.watched()},
		Cost:    o.RetrainCost, Trained: trained, Segments: s.segments(o),
		Part: func() int64 { return s.behind/s.lookback + 1 },
	})
}

// segments returns which slices are followed, nil if none are.
func (s *series) segments(o *Options) *cohort.Segments {
	if !o.Segments || !s.predicts.HasClasses() {
		return nil
	}
	l := s.layout
	g := &cohort.Segments{Pairs: o.SegmentPairs, FalsePerMonth: o.FalseAlarmsPerMonth, Tolerance: o.AccuracyTolerance}
	for i := range l.features {
		c := &l.columns[i]
		g.Bins, g.Known, g.Right = append(g.Bins, len(c.bins)), append(g.Known, c.known), append(g.Right, c.knownRight)
	}
	s.bins = make([]uint8, l.features)
	return g
}

// strata returns the reference's predictions by class, or all together when their outcomes are
// known by score only, and for a regression.
func (l *layout) strata() []risk.Stratum {
	r := l.reference
	if r.Errors != nil {
		n := r.Errors.Rows()
		return []risk.Stratum{{Rows: n, Labels: n, Errors: float64(n) * meanLoss(r.Errors)}}
	}
	strata, labels := make([]risk.Stratum, len(r.Classes)), int64(0)
	for i, c := range r.Classes {
		strata[i] = risk.Stratum{Rows: c.Count, Labels: c.Labelled, Errors: float64(c.Labelled - c.Correct)}
		labels += c.Labelled
	}
	if labels > 0 || r.Score == nil {
		return strata
	}
	all := risk.Stratum{Rows: r.Score.Rows()}
	for b, n := range r.Score.Labelled {
		all.Labels += n
		all.Errors += float64(n - r.Score.Correct[b])
	}
	return []risk.Stratum{all}
}

// errorScale is the size of an error of a regression from which it counts as a whole one: the
// 99 % quantile of the absolute errors of the reference, 0 if unknown.
func errorScale(e *reference.Errors) float64 {
	if e == nil || e.Quantiles == nil {
		return 0
	}
	return e.Quantiles[len(e.Quantiles)-2]
}

// meanLoss is the mean of min(|error| / scale, 1) over the reference, from the quantiles. It is
// 1, which no model can exceed, if the scale is unknown.
func meanLoss(e *reference.Errors) float64 {
	scale := errorScale(e)
	if !(scale > 0) {
		return 1
	}
	sum := 0.0
	for i := 1; i < len(e.Quantiles); i++ {
		sum += (min(e.Quantiles[i-1]/scale, 1) + min(e.Quantiles[i]/scale, 1)) / 2
	}
	return sum / float64(len(e.Quantiles)-1)
}

// lossOf is the loss of an error of a regression, NaN if the scale is unknown.
func (s *series) lossOf(err float64) float64 {
	if s.layout == nil {
		return math.NaN()
	}
	scale := errorScale(s.layout.reference.Errors)
	if !(scale > 0) {
		return math.NaN()
	}
	return min(math.Abs(err)/scale, 1)
}

// rates returns the number of error rates that are watched: that of the model relative to its own
// beginning, to the reference, and to its scores.
func (l *layout) rates() int {
	n := 1
	if risk.NewReference(l.strata(), cohort.Confidence) != nil {
		n++
	}
	if l.calibration != nil || l.byClass != nil {
		n++
	}
	return n
}

// watched returns the number of distributions and error rates that share the budget of false
// alarms.
func (l *layout) watched() int { return len(l.columns) + l.rates() }

// judge adds the row that was just added to the cohort: its class, and how often predictions
// with its score were wrong.
func (s *series) judge() {
	if s.cohort == nil {
		return
	}
	l, kind, expected := s.layout, uint8(cohort.NoKind), math.NaN()
	if s.oneKind {
		kind = 0
	} else if k := l.kind(s.codes); k >= 0 {
		kind = uint8(k)
	}
	switch {
	case l.byClass != nil:
		if accuracy, ok := l.byClass.Accuracy(s.codes[len(l.columns)]); ok {
			expected = 1 - accuracy
		}
	case l.calibration != nil:
		if b := fineBin(l.columns[l.score].binning, s.codes[l.score]); b >= 0 {
			expected = 1 - l.calibration.Accuracy(b)
		}
	}
	for i := range s.bins {
		s.bins[i] = uint8(l.columns[i].binning.Bin(s.codes[i]))
	}
	s.cohort.Add(kind, expected, s.bins)
}

// judged adds an outcome to the cohort.
func (s *series) judged(f *predictionlog.FeedbackRow, loss float64) {
	line := s.rows.Timeline
	if s.cohort == nil || math.IsNaN(loss) {
		return
	}
	i := line.Search(line.First(), f.PredictionID)
	if i == line.Next() || line.ID(i) != f.PredictionID {
		return
	}
	s.cohort.Outcome(i, cohort.Outcome{Sequence: f.Seq, Bucket: uint8(delayBucket(f.Time - line.Time(i))), Loss: loss})
}

// wrong is the loss of a class that was predicted right or wrong.
func wrong(right bool) float64 {
	if right {
		return 0
	}
	return 1
}
